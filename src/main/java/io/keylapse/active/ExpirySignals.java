package io.keylapse.active;

import io.keylapse.key.KeyName;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Redis's {@code expired} keyspace events. Fire-and-forget: what is announced while nobody listens is never announced
 * again.
 *
 * @see <a href="https://redis.io/docs/latest/develop/pubsub/keyspace-notifications/">Redis keyspace notifications</a>
 */
@Singleton
public final class ExpirySignals {
    private static final Logger LOG = LoggerFactory.getLogger(ExpirySignals.class);
    private static final long RETRY_MILLIS = 500;

    private final RedisClient client;
    private final RedisURI uri;
    private final KeyNames names;
    private final ScheduledExecutorService retries = Executors.newSingleThreadScheduledExecutor(
            Thread.ofVirtual().name("redis-subscribe").factory());
    private volatile @Nullable StatefulRedisPubSubConnection<byte[], byte[]> open;

    ExpirySignals(RedisClient client, RedisURI uri, KeyNames names) {
        this.client = client;
        this.uri = uri;
        this.names = names;
    }

    /**
     * Subscribes as soon as Redis can be reached, and again after every reconnect.
     *
     * @param expired called on the connection's event loop for each key of ours; must return at once
     */
    public void subscribe(Consumer<KeyName> expired) {
        var _ = client.connectPubSubAsync(ByteArrayCodec.INSTANCE, uri).whenComplete((connection, failure) -> {
            if (failure == null) {
                connection.addListener(new RedisPubSubAdapter<>() {
                    @Override
                    public void message(byte[] channel, byte[] redisName) {
                        names.decode(redisName).ifPresent(expired);
                    }
                });
                String channel = "__keyevent@" + uri.getDatabase() + "__:expired";
                var _ = connection
                        .async()
                        .subscribe(channel.getBytes(StandardCharsets.US_ASCII))
                        .whenComplete((_, refused) -> {
                            if (refused == null) {
                                open = connection;
                            } else {
                                LOG.warn(
                                        "Redis refused to announce expiries, and is asked again: {}",
                                        refused.toString());
                                var _ = connection.closeAsync();
                                retry(expired);
                            }
                        });
            } else {
                retry(expired);
            }
        });
    }

    private void retry(Consumer<KeyName> expired) {
        if (!retries.isShutdown()) {
            var _ = retries.schedule(() -> subscribe(expired), RETRY_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    @PreDestroy
    void close() {
        retries.shutdownNow();
        StatefulRedisPubSubConnection<byte[], byte[]> connection = open;
        if (connection != null) {
            connection.close();
        }
    }
}
