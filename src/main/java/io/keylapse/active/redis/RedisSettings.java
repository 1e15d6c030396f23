package io.keylapse.active.redis;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;

/**
 * Where Redis is.
 *
 * @param uri {@code redis://} or {@code rediss://}, with user, password and database as Lettuce reads them
 * @param keyPrefix what the names of our keys start with, should the server be shared; each byte of it is stored once
 *     per key
 * @param writeThrough whether a change is written here right after its commit; if not, the change feed brings it
 */
@ConfigurationProperties("keylapse.redis")
public record RedisSettings(
        String uri,
        @Bindable(defaultValue = "kl:") String keyPrefix,
        @Bindable(defaultValue = "true") boolean writeThrough) {
    /** Without the URI, which may hold a password. */
    @Override
    public String toString() {
        return "RedisSettings[uri=REDACTED, keyPrefix=" + keyPrefix + "]";
    }
}
