package io.keylapse.registry.sql;

import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whether Postgres refused a write in the last 10 seconds, even if it answers reads. No extra probe is needed, because the
 * node writes anyway: it reports once a second that it is running, and the sweep records overdue keys.
 */
@Singleton
public final class RefusedWrites {
    private static final Duration REMEMBERED = Duration.ofSeconds(10);

    private record Refusal(String why, long nanoTime) {}

    private volatile @Nullable Refusal last;

    void judge(Throwable failure) {
        PostgresFailure.refusal(failure).ifPresent(why -> last = new Refusal(why, System.nanoTime()));
    }

    /** Why Postgres refuses to write, and what to do about it; empty if no write was refused in the last 10 seconds. */
    public Optional<String> complaint() {
        Refusal refusal = last;
        return refusal == null || System.nanoTime() - refusal.nanoTime > REMEMBERED.toNanos()
                ? Optional.empty()
                : Optional.of("Postgres refuses to write, because " + refusal.why
                        + ": keys are still checked, but nothing can be issued, changed or recorded");
    }
}
