package io.keylapse.registry.usage;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;

/**
 * Recording of when keys are used.
 *
 * @param enabled record when keys are used, and when they are refused after their end. While any node runs with
 *     {@code false}, {@code usageKnownSince} keeps moving forward
 * @param interval how often a node writes uses to Postgres, from {@code PT0.1S} to {@code PT10M}; the same on all nodes
 * @param writesPerSecond maximum number of keys whose use a node writes per second, from 1 to 100000. If more are used, each
 *     is written less often. A node keeps at most 1,000 times as many keys in memory, at about 150 bytes each
 */
@ConfigurationProperties("keylapse.usage")
public record UsageSettings(
        @Bindable(defaultValue = "true") boolean enabled,
        @Bindable(defaultValue = "PT1M") Duration interval,
        @Bindable(defaultValue = "500") int writesPerSecond) {
    private static final int SECONDS_IN_MEMORY = 1_000;

    public UsageSettings {
        if (interval.compareTo(Duration.ofMillis(100)) < 0 || interval.compareTo(Duration.ofMinutes(10)) > 0) {
            throw new IllegalArgumentException(
                    "keylapse.usage.interval (KEYLAPSE_USAGE_INTERVAL) must be between PT0.1S and PT10M, not "
                            + interval);
        }
        if (writesPerSecond < 1 || writesPerSecond > 100_000) {
            throw new IllegalArgumentException("keylapse.usage.writes-per-second (KEYLAPSE_USAGE_WRITES_PER_SECOND)"
                    + " must be between 1 and 100000, not " + writesPerSecond);
        }
    }

    /** How many keys a node keeps in memory: as many as it writes in 1,000 seconds, so each is written within the hour. */
    int maxKeys() {
        return writesPerSecond * SECONDS_IN_MEMORY;
    }

    /** Pause between two rounds of the writer. */
    Duration pause() {
        return interval.dividedBy(10);
    }

    /** How many keys a round of the writer may write. */
    int writesPerRound() {
        return (int) Math.max(1, writesPerSecond * pause().toMillis() / 1_000);
    }

    /** Time without a report after which a node counts as lost. */
    Duration goneAfter() {
        return interval.multipliedBy(2);
    }
}
