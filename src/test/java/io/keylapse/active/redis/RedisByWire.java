package io.keylapse.active.redis;

import io.keylapse.background.LoopRegistry;
import io.lettuce.core.RedisClient;
import java.time.Duration;
import java.util.function.Function;

/** Creates a {@link SingleRedis} with clients of a test, like {@link RedisFactory}. */
public final class RedisByWire {
    private RedisByWire() {}

    /**
     * Starts connecting.
     *
     * @param client with the command timeout
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
