package io.keylapse.active.redis;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Where Redis is, and how it is used.
 *
 * @param uri one server, the Sentinels that know it, or nodes of a Cluster. One server is
 *     {@code redis://:password@host:6379}, or {@code rediss://} for TLS; docs/deployment.md has the other forms
 * @param keyPrefix start of every name that Keylapse uses in Redis. Each installation that shares a Redis needs its
 *     own, also in another database. It contains no brace, which would put all keys on one server of a Cluster. Each
 *     byte is stored once per key
 * @param sentinelPassword password of the Sentinels themselves
 * @param writeThrough write each change to Redis right after its commit; if {@code false}, only the change feed brings
 *     it
 */
@ConfigurationProperties("keylapse.redis")
public record RedisSettings(
        String uri,
        @Bindable(defaultValue = "kl:") String keyPrefix,
        @Nullable String sentinelPassword,
        @Bindable(defaultValue = "true") boolean writeThrough) {
    public RedisSettings {
        if (keyPrefix.contains("{")) {
            throw new IllegalArgumentException(
                    "keylapse.redis.key-prefix (KEYLAPSE_REDIS_KEY_PREFIX) must not contain {, but is \"" + keyPrefix
                            + "\"");
        }
    }

    /** Channel on which {@code apply.lua} publishes changes of keys. */
    public byte[] changesChannel() {
        return (keyPrefix + "changes").getBytes(StandardCharsets.UTF_8);
    }

    /** Redacts the URI and the password. */
    @Override
    public String toString() {
        return "RedisSettings[uri=REDACTED, keyPrefix=" + keyPrefix + ", sentinelPassword=REDACTED]";
    }
}
