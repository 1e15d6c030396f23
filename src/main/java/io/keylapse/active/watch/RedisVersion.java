package io.keylapse.active.watch;

import io.keylapse.active.redis.Primary;
import io.keylapse.active.redis.RedisConnection;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.lang.module.ModuleDescriptor.Version;
import java.util.Map;
import java.util.Optional;

/**
 * Check of the Redis version. The oldest supported version is the first whose {@code SET} has {@code PXAT}, which the
 * scripts need. Valkey reports itself as Redis 7.2.
 */
@Singleton
public final class RedisVersion {
    private static final String OLDEST = "6.2";

    private final RedisConnection redis;
    private final String oldest;

    @Inject
    RedisVersion(RedisConnection redis) {
        this(redis, OLDEST);
    }

    RedisVersion(RedisConnection redis, String oldest) {
        this.redis = redis;
        this.oldest = oldest;
    }

    /**
     * Refuses primaries that are too old. A primary that does not answer or hides its version is accepted.
     *
     * @throws UnsupportedRedisException if a primary is too old
     */
    public void require() {
        for (Primary primary : redis.primaries()) {
            Map<String, String> info = redis.send(primary, ServerSettings::info)
                    .toCompletableFuture()
                    .join();
            complaint(info, oldest).ifPresent(complaint -> {
                throw new UnsupportedRedisException(
                        "Redis at KEYLAPSE_REDIS_URI (" + redis.addressOf(primary) + ") " + complaint);
            });
        }
    }

    /** Complaint about a version that is too old, from the fields of {@code INFO}; empty if it is supported or unknown. */
    static Optional<String> complaint(Map<String, String> info) {
        return complaint(info, OLDEST);
    }

    private static Optional<String> complaint(Map<String, String> info, String oldest) {
        return Optional.ofNullable(info.get("redis_version"))
                .filter(version -> isOlder(version, oldest))
                .map(version -> "is version " + version + ", which is too old; Keylapse needs Redis " + oldest
                        + " or newer, or Valkey");
    }

    private static boolean isOlder(String version, String oldest) {
        try {
            return Version.parse(version).compareTo(Version.parse(oldest)) < 0;
        } catch (IllegalArgumentException unknown) {
            return false;
        }
    }
}
