package io.keylapse.active;

import io.keylapse.active.redis.Primary;
import io.keylapse.active.redis.RedisClock;
import io.keylapse.active.trust.RedisTrust;
import jakarta.inject.Singleton;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Decides whether this node may write to a primary now, and until when what it writes may take effect there. */
@Singleton
final class WritePermits {
    private final RedisTrust trust;
    private final RedisClock clock;

    WritePermits(RedisTrust trust, RedisClock clock) {
        this.trust = trust;
        this.clock = clock;
    }

    /**
     * Leave to write once, by the primary's clock.
     *
     * @param now in ms
     * @param until the instant in ms after which the write is too late
     */
    record Permit(long now, long until) {}

    /**
     * Asks for leave; empty when the primary follows another history, or when it is not known which one it follows.
     *
     * @param deadline taken before what is to be written was read or changed in Postgres. The write does not take effect
     *     either more than {@link WriteDeadline#ALLOWANCE} after the primary was last asked whose it is.
     */
    CompletionStage<Optional<Permit>> ask(Primary server, WriteDeadline deadline) {
        return trust.permit(server).thenCompose(asked -> {
            if (asked.isEmpty()) {
                return CompletableFuture.completedStage(Optional.empty());
            }
            WriteDeadline end = deadline.butNotAfter(asked.getAsLong());
            return clock.millis(server).thenApply(now -> Optional.of(new Permit(now, now + end.millisLeft())));
        });
    }
}
