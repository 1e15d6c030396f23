package io.keylapse.check;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;

/**
 * What a node remembers of good keys.
 *
 * @param maxSize how many keys, at some 400 bytes each; 0 for none, so that every check asks Redis
 * @param maxAge for how long at the most; longer than {@code keylapse.check.stale-after} is no longer than that
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
