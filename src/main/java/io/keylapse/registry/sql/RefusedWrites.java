package io.keylapse.registry.sql;

import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whether Postgres, which may well answer, has refused to write of late. Learnt from what was to be written anyway: the
 * node says twice a second that it is running, and the sweep tries twice a second to record what is overdue.
 */
@Singleton
public final class RefusedWrites {
    private static final Duration REMEMBERED = Duration.ofSeconds(10);

    private record Refusal(String why, long nanoTime) {}

    private volatile @Nullable Refusal last;

    void judge(Throwable failure) {
        PostgresFailure.refusal(failure).ifPresent(why -> last = new Refusal(why, System.nanoTime()));
    }

    /** What is refused, why, and what to do about it; empty when nothing was for ten seconds. */
    public Optional<String> complaint() {
        Refusal refusal = last;
        return refusal == null || System.nanoTime() - refusal.nanoTime > REMEMBERED.toNanos()
                ? Optional.empty()
                : Optional.of("Postgres refuses to write, because " + refusal.why
                        + ": keys are checked, nothing can be issued, changed or recorded");
    }
}
