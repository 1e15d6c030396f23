package io.keylapse.active.redis;

import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionStateAdapter;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.micronaut.context.annotation.Context;
import jakarta.annotation.PreDestroy;
import java.net.SocketAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection for commands: opened in the background, so that the service starts without Redis, and shared by all.
 *
 * <p>Once open, Lettuce reopens it by itself.
 */
@Context
public final class RedisConnection {
    private static final Logger LOG = LoggerFactory.getLogger(RedisConnection.class);
    private static final long RETRY_MILLIS = 500;

    private final RedisClient client;
    private final RedisURI uri;
    private final ScheduledExecutorService retries = Executors.newSingleThreadScheduledExecutor(
            Thread.ofVirtual().name("redis-connect").factory());
    private volatile @Nullable StatefulRedisConnection<byte[], byte[]> open;
    private boolean complained;

    RedisConnection(RedisClient client, RedisURI uri) {
        this.client = client;
        this.uri = uri;
        connect();
    }

    /** The servers that take writes. */
    public List<Primary> primaries() {
        return List.of(Primary.ONLY);
    }

    /** The server that has the key of that name. */
    public Primary primaryOf(byte[] redisName) {
        return Primary.ONLY;
    }

    /** Sends commands to that server; else as {@link #send(Function)}. */
    public <T> CompletionStage<T> send(
            Primary server, Function<RedisClusterAsyncCommands<byte[], byte[]>, ? extends CompletionStage<T>> command) {
        return send(command);
    }

    /**
     * Sends commands now, each to the server that has its key, or fails with {@link RedisUnavailableException} or what
     * Lettuce makes of the trouble.
     */
    public <T> CompletionStage<T> send(
            Function<RedisClusterAsyncCommands<byte[], byte[]>, ? extends CompletionStage<T>> command) {
        StatefulRedisConnection<byte[], byte[]> connection = open;
        return connection == null
                ? CompletableFuture.failedStage(new RedisUnavailableException("Redis has not been reached yet"))
                : command.apply(connection.async());
    }

    /** From now on this is called whenever a connection has been lost or made, on its event loop; must be quick. */
    public void onConnectionChange(Runnable listener) {
        client.addListener(new RedisConnectionStateAdapter() {
            @Override
            public void onRedisConnected(RedisChannelHandler<?, ?> connection, SocketAddress address) {
                listener.run();
            }

            @Override
            public void onRedisDisconnected(RedisChannelHandler<?, ?> connection) {
                listener.run();
            }
        });
    }

    /** Opens a connection of one's own to that server, for more commands at once than others should wait behind. */
    public CompletionStage<Pipeline> openPipeline(Primary server) {
        return client.connectAsync(ByteArrayCodec.INSTANCE, uri).thenApply(Pipeline::new);
    }

    private void connect() {
        var _ = client.connectAsync(ByteArrayCodec.INSTANCE, uri).whenComplete((connection, failure) -> {
            if (failure == null) {
                open = connection;
                LOG.info("connected to Redis at {}:{}", uri.getHost(), uri.getPort());
            } else if (!retries.isShutdown()) {
                if (!complained) {
                    complained = true;
                    LOG.warn(
                            "Redis at {}:{} cannot be reached ({}); keys are checked in Postgres until it can",
                            uri.getHost(),
                            uri.getPort(),
                            failure.getMessage());
                }
                var _ = retries.schedule(this::connect, RETRY_MILLIS, TimeUnit.MILLISECONDS);
            }
        });
    }

    @PreDestroy
    void close() {
        retries.shutdownNow();
        StatefulRedisConnection<byte[], byte[]> connection = open;
        if (connection != null) {
            connection.close();
        }
    }
}
