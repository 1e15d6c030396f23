package io.keylapse.sync;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;

/**
 * How changes spread.
 *
 * @param interval pause between two reads of the changes in Postgres and the marks in Redis; well below
 *     {@code KEYLAPSE_CHECK_STALE_AFTER}. While no check needs them and nothing changes, both are read about
 *     every 0.8 seconds
 * @param enabled follow the changes in Postgres. Leave it on; only commands that serve no checks, such as the audit,
 *     switch it off
 */
@ConfigurationProperties("keylapse.sync")
public record SyncSettings(
        @Bindable(defaultValue = "PT0.2S") Duration interval,
        @Bindable(defaultValue = "true") boolean enabled) {
    private static final Duration MAX_IDLE_AGE = Duration.ofMillis(900);
    private static final Duration MAX_IDLE_PAUSE = Duration.ofMillis(700);

    public SyncSettings {
        if (interval.toMillis() < 10 || interval.toMillis() > 60_000) {
            throw new IllegalArgumentException(
                    "keylapse.sync.interval must be between PT0.01S and PT1M, not " + interval);
        }
    }

    /**
     * The age from which the last read is repeated although nothing needs it; not positive for always. A read that becomes
     * due this way is less than 1 second old, the age from which Postgres counts as not responding.
     */
    Duration idlePause() {
        Duration rest = MAX_IDLE_AGE.minus(interval);
        return rest.compareTo(MAX_IDLE_PAUSE) < 0 ? rest : MAX_IDLE_PAUSE;
    }
}
