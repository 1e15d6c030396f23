package io.keylapse.check;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a check may ask of Postgres when Redis does not know the answer.
 *
 * @param missConcurrency how many keys may be looked up at once, if that is less than the connections to Postgres that
 *     there are for checks; some more wait for their turn
 * @param missRate how many keys a second may be looked up that Redis, being up to date, does not have: those that were made
 *     up, which may come in any number, and those that have ended, each of which is then remembered for a while
 * @param missTimeout how long a check waits for such a look-up, its turn included, until the answer is "cannot be known
 *     now"
 * @param staleAfter how long a node may go without a look at the changes in Postgres until it is stale: the bound on how
 *     long it accepts a key that has been ended, should Redis not know of it either
 * @param whenStale what a stale node makes of a good key that it finds in Redis and cannot ask Postgres about
 */
@ConfigurationProperties("keylapse.check")
public record CheckSettings(
        @Nullable Integer missConcurrency,
        @Bindable(defaultValue = "500") int missRate,
        @Bindable(defaultValue = "PT1S") Duration missTimeout,
        @Bindable(defaultValue = "PT2S") Duration staleAfter,
        @Bindable(defaultValue = "serve") WhenStale whenStale) {
    private static final int MAX_CONCURRENCY = 10_000;

    /** What a stale node does with a valid key in Redis when Postgres does not answer. */
    public enum WhenStale {
        /** Accept the key. */
        SERVE,
        /** Answer that the stores are unavailable. */
        REFUSE
    }

    public CheckSettings {
        if (!staleAfter.isPositive()) {
            throw new IllegalArgumentException("keylapse.check.stale-after must be positive, not " + staleAfter);
        }
        if (missConcurrency != null && (missConcurrency < 1 || missConcurrency > MAX_CONCURRENCY)) {
            throw new IllegalArgumentException("keylapse.check.miss-concurrency must be from 1 to " + MAX_CONCURRENCY
                    + ", not " + missConcurrency);
        }
        if (missRate < 1) {
            throw new IllegalArgumentException("keylapse.check.miss-rate must be at least 1, not " + missRate);
        }
        if (!missTimeout.isPositive()) {
            throw new IllegalArgumentException("keylapse.check.miss-timeout must be positive, not " + missTimeout);
        }
    }
}
