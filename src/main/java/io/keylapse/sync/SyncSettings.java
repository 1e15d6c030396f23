package io.keylapse.sync;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;

/**
 * How changes spread.
 *
 * @param interval between two looks at the changes in Postgres and at the marks in Redis; well below the time after which
 *     a node is stale
 * @param enabled whether this process follows changes at all; off only where nothing is checked, as in an audit
 */
@ConfigurationProperties("keylapse.sync")
public record SyncSettings(
        @Bindable(defaultValue = "PT0.2S") Duration interval,
        @Bindable(defaultValue = "true") boolean enabled) {
    public SyncSettings {
        if (interval.toMillis() < 10 || interval.toMillis() > 60_000) {
            throw new IllegalArgumentException(
                    "keylapse.sync.interval must be between PT0.01S and PT1M, not " + interval);
        }
    }
}
