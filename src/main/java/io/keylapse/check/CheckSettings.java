package io.keylapse.check;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Limits on what checks ask of Postgres when Redis does not know the answer.
 *
 * @param missConcurrency how many keys may be looked up in Postgres at once; up to 1,000 more wait. By default all
 *     connections for checks (8), and never more than those
 * @param missRate how many keys per second each node may look up in Postgres that an up-to-date Redis does not have,
 *     so that a flood of made-up keys does not slow valid ones
 * @param missTimeout how long a check waits for a look-up in Postgres, queueing included, before it
 *     answers 503
 * @param staleAfter how long a node may go without reading the changes in Postgres before it is stale: the bound on
 *     accepting a key that has ended
 * @param whenStale what a stale node does with a valid key in Redis when Postgres does not answer: {@code serve}
 *     accepts it, {@code refuse} answers 503
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
