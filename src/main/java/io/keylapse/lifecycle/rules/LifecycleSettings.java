package io.keylapse.lifecycle.rules;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;

/**
 * Which keys may be issued.
 *
 * @param maxLifetime longest lifetime of a key, counted from now
 * @param allowUnlimited allow keys without a deadline
 */
@ConfigurationProperties("keylapse.keys")
public record LifecycleSettings(
        @Bindable(defaultValue = "P366D") Duration maxLifetime,
        @Bindable(defaultValue = "false") boolean allowUnlimited) {
    public LifecycleSettings {
        if (maxLifetime.compareTo(Deadline.SOONEST) < 0) {
            throw new IllegalArgumentException("keylapse.keys.max-lifetime must be at least 1 s, not " + maxLifetime);
        }
    }
}
