package io.keylapse.active.redis;

import io.keylapse.background.LoopRegistry;
import io.lettuce.core.RedisClient;
import java.time.Duration;
import java.util.function.Function;

/** A {@link SingleRedis} over clients that a test brings, made as {@link RedisFactory} makes it. */
public final class RedisByWire {
    private RedisByWire() {}

    /**
     * Begins to connect.
     *
     * @param client with that time-out of a command
     */
    public static RedisConnection connect(
            LoopRegistry loops, RedisSettings settings, Function<Duration, RedisClient> client) {
        var redis = new SingleRedis(
                RedisAddress.of(settings),
                client.apply(RedisFactory.COMMAND_TIMEOUT),
                client.apply(RedisFactory.DEDICATED_TIMEOUT));
        redis.start(loops);
        return redis;
    }
}
