package io.keylapse.active;

import io.keylapse.active.redis.Primary;
import io.keylapse.active.redis.RedisClock;
import io.keylapse.active.trust.RedisTrust;
import jakarta.inject.Singleton;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Permission to write to a primary, and the deadline of the write by the clock of that primary. */
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
     * @param until instant after which the write has no effect
     */
    record Permit(long now, long until) {}

    /**
     * Asks for permission. Empty if the primary follows another history, or if it is unknown which one it follows.
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
