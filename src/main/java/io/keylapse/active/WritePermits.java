package io.keylapse.active;

import io.keylapse.active.redis.Primary;
import io.keylapse.active.redis.RedisClock;
import io.keylapse.active.trust.RedisTrust;
import jakarta.inject.Singleton;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Decides whether this node may write to a primary now, and how long the write may take. */
@Singleton
final class WritePermits {
    private final RedisTrust trust;
    private final RedisClock clock;

    WritePermits(RedisTrust trust, RedisClock clock) {
        this.trust = trust;
        this.clock = clock;
    }

    /**
     * Permission for one write. Both instants are Unix times in ms by the primary's clock.
     *
     * @param until the write has no effect after it
     */
    record Permit(long now, long until) {}

    /**
     * Asks for permission. Empty when the primary follows another history, or when it is unknown which one it follows.
     *
     * @param deadline taken before the content was read or changed in Postgres. The permission also ends {@link
     *     WriteDeadline#ALLOWANCE} after the mark of the primary was last read.
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
