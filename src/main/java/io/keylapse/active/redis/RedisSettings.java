package io.keylapse.active.redis;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Where Redis is.
 *
 * @param uri one server, the Sentinels that know it, or nodes of a Cluster: see {@link RedisAddress}
 * @param keyPrefix what the names of our keys start with, should the server be shared; each byte of it is stored once
 *     per key. No brace, by which a Cluster would put all keys that share what is in it on one server
 * @param sentinelPassword what the Sentinels themselves ask for, which is not what the servers ask for
 * @param writeThrough whether a change is written here right after its commit; if not, the change feed brings it
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
