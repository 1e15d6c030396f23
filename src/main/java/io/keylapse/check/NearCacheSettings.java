package io.keylapse.check;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;

/**
 * Near cache of valid keys.
 *
 * @param maxSize how many valid keys a node keeps in memory, at about 400 bytes each; 0 for none, so that every check
 *     asks Redis
 * @param maxAge how long a node keeps a valid key in memory, at most {@code KEYLAPSE_CHECK_STALE_AFTER}
 */
@ConfigurationProperties("keylapse.check.near-cache")
public record NearCacheSettings(
        @Bindable(defaultValue = "100000") int maxSize,
        @Bindable(defaultValue = "PT2S") Duration maxAge) {
    public NearCacheSettings {
        if (maxSize < 0) {
            throw new IllegalArgumentException("keylapse.check.near-cache.max-size must be 0 or more, not " + maxSize);
        }
        if (!maxAge.isPositive()) {
            throw new IllegalArgumentException("keylapse.check.near-cache.max-age must be positive, not " + maxAge);
        }
    }
}
