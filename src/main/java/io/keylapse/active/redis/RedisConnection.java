package io.keylapse.active.redis;

import io.keylapse.background.BackgroundLoop;
import io.keylapse.background.LoopRegistry;
import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionStateAdapter;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way to Redis, be it one server or several: opened in the background, so that the service starts without Redis, and
 * shared by all.
 */
public abstract class RedisConnection {
    private static final Logger LOG = LoggerFactory.getLogger(RedisConnection.class);
    private static final Duration PAUSE = Duration.ofMillis(500);

    /** Longer than Lettuce takes to give up, so that no connection is made that nobody waits for. */
    private static final long PATIENCE_SECONDS = 60;

    private static final Duration BOUND = Duration.ofSeconds(3 * PATIENCE_SECONDS);

    private final RedisAddress address;
    private final RedisClient dedicated;
    private final List<Runnable> changed = new CopyOnWriteArrayList<>();
    private @Nullable BackgroundLoop looking;
    private boolean complained;

    RedisConnection(RedisAddress address, AbstractRedisClient shared, RedisClient dedicated) {
        this.address = address;
        this.dedicated = dedicated;
        shared.addListener(new RedisConnectionStateAdapter() {
            @Override
            public void onRedisConnected(RedisChannelHandler<?, ?> connection, SocketAddress server) {
                tellOfChange();
            }

            @Override
            public void onRedisDisconnected(RedisChannelHandler<?, ?> connection) {
                tellOfChange();
            }
        });
    }

    /** Tells the listeners that the connection may lead to another server from now on. */
    final void tellOfChange() {
        for (Runnable listener : changed) {
            try {
                listener.run();
            } catch (IllegalStateException e) {
                // So it is when it is we who end the connection: nothing can be asked of Redis any more.
                LOG.debug("a listener could not do its work: {}", e.toString());
            }
        }
    }

    /**
     * From now on this is called whenever a connection has been lost, made, or replaced by one to another server; must
     * be quick.
     */
    public void onConnectionChange(Runnable listener) {
        changed.add(listener);
    }

    /** The servers that take writes; none before a Cluster was reached. */
    public abstract List<Primary> primaries();

    /** The server that has the key of that name. */
    public abstract Primary primaryOf(byte[] redisName);

    /** Sends commands to that server, whoever has the key; else as {@link #send(Function)}. */
    public abstract <T> CompletionStage<T> send(
            Primary server, Function<RedisClusterAsyncCommands<byte[], byte[]>, ? extends CompletionStage<T>> command);

    /**
     * Sends commands now, each to the server that has its key, or fails with {@link RedisUnavailableException} or what
     * Lettuce makes of the trouble.
     */
    public abstract <T> CompletionStage<T> send(
            Function<RedisClusterAsyncCommands<byte[], byte[]>, ? extends CompletionStage<T>> command);

    /** Where to connect to for that server. */
    abstract RedisURI uriOf(Primary server);

    /** Connects if need be, and looks whether what it is connected to is still what it should be. */
    abstract void look() throws InterruptedException, ExecutionException, TimeoutException;

    /** What a person calls that server. */
    public String addressOf(Primary server) {
        try {
            RedisURI uri = uriOf(server);
            return uri.getSentinels().isEmpty() ? uri.getHost() + ":" + uri.getPort() : uri.getSentinelMasterId();
        } catch (RedisUnavailableException e) {
            return server.id();
        }
    }

    /**
     * Subscribes to that server's {@code expired} events, which in a Cluster no other server passes on, and to a channel
     * of ours. Once open, Lettuce reopens it and subscribes again by itself.
     *
     * @return the connection, which the caller closes
     */
    public CompletionStage<StatefulRedisPubSubConnection<byte[], byte[]>> subscribe(
            Primary server, byte[] channel, RedisEventListener listener) {
        return opened(server, uri -> {
            byte[] expiries = ("__keyevent@" + uri.getDatabase() + "__:expired").getBytes(StandardCharsets.US_ASCII);
            return dedicated.connectPubSubAsync(ByteArrayCodec.INSTANCE, uri).thenCompose(connection -> {
                connection.addListener(new RedisPubSubAdapter<>() {
                    @Override
                    public void message(byte[] from, byte[] message) {
                        if (Arrays.equals(from, channel)) {
                            listener.published(message);
                        } else {
                            listener.expired(message);
                        }
                    }
                });
                connection.addListener(new RedisConnectionStateAdapter() {
                    @Override
                    public void onRedisDisconnected(RedisChannelHandler<?, ?> broken) {
                        listener.lost();
                    }
                });
                return connection
                        .async()
                        .subscribe(expiries, channel)
                        .whenComplete((_, refused) -> {
                            if (refused != null) {
                                var _ = connection.closeAsync();
                            }
                        })
                        .thenApply(_ -> connection);
            });
        });
    }

    /** A connection of one's own to that server, for so many commands that they would hold up everyone else's. */
    public CompletionStage<Bulk> openBulk(Primary server) {
        return opened(
                server,
                uri -> dedicated.connectAsync(ByteArrayCodec.INSTANCE, uri).thenApply(connection -> {
                    connection.setAutoFlushCommands(false);
                    return new Bulk(connection);
                }));
    }

    private <T> CompletionStage<T> opened(Primary server, Function<RedisURI, CompletionStage<T>> open) {
        try {
            return open.apply(uriOf(server));
        } catch (RedisUnavailableException e) {
            return CompletableFuture.failedStage(e);
        }
    }

    /** Commands are held back until they are flushed, at most {@link RedisFactory#MAX_COMMANDS_UNDER_WAY} of them. */
    public record Bulk(StatefulRedisConnection<byte[], byte[]> connection) implements AutoCloseable {
        /** Whose answers come after {@link #flush}; each fails if it takes longer than 5 s from its call. */
        public RedisClusterAsyncCommands<byte[], byte[]> commands() {
            return connection.async();
        }

        public void flush() {
            connection.flushCommands();
        }

        @Override
        public void close() {
            connection.close();
        }
    }

    /** Begins to connect. */
    void start(LoopRegistry loops) {
        looking = loops.start("redis-connect", PAUSE, BOUND, this::lookAndTell);
    }

    private void lookAndTell() throws InterruptedException {
        try {
            look();
            complained = false;
        } catch (ExecutionException | TimeoutException | RuntimeException e) {
            if (!complained) {
                complained = true;
                LOG.warn(
                        "{} cannot be reached ({}); keys are checked in Postgres until it can",
                        address,
                        RedisUnavailableException.inWords(e));
            }
        }
    }

    final void tellConnected() {
        changed.forEach(Runnable::run);
        LOG.info("connected to {}", address);
    }

    static <T> T await(CompletionStage<T> stage) throws InterruptedException, ExecutionException, TimeoutException {
        return stage.toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    /** Closes it and all that was opened through it. */
    void close() throws InterruptedException {
        BackgroundLoop started = looking;
        if (started != null) {
            started.interrupt();
        }
        dedicated.shutdown();
    }
}
