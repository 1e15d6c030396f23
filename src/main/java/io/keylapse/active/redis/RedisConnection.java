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
 * Shared connection to Redis: to one server, to the master that Sentinels name, or to a Cluster. It is opened in the
 * background, so that the service can start without Redis.
 */
public abstract class RedisConnection {
    private static final Logger LOG = LoggerFactory.getLogger(RedisConnection.class);
    private static final Duration PAUSE = Duration.ofMillis(500);

    /** Longer than Lettuce's own timeouts, so that no connection is opened after its caller has given up. */
    private static final long CONNECT_TIMEOUT_SECONDS = 60;

    private static final Duration BOUND = Duration.ofSeconds(3 * CONNECT_TIMEOUT_SECONDS);

    private final RedisAddress address;
    private final RedisClient dedicated;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private @Nullable BackgroundLoop loop;
    private boolean warned;

    RedisConnection(RedisAddress address, AbstractRedisClient shared, RedisClient dedicated) {
        this.address = address;
        this.dedicated = dedicated;
        shared.addListener(new RedisConnectionStateAdapter() {
            @Override
            public void onRedisConnected(RedisChannelHandler<?, ?> connection, SocketAddress server) {
                announceChange();
            }

            @Override
            public void onRedisDisconnected(RedisChannelHandler<?, ?> connection) {
                announceChange();
            }
        });
    }

    /** Notifies the listeners that the connection may lead to another server from now on. */
    final void announceChange() {
        for (Runnable listener : listeners) {
            try {
                listener.run();
            } catch (IllegalStateException e) {
                // Expected during shutdown, when no command can be sent any more.
                LOG.debug("a connection listener failed: {}", e.toString());
            }
        }
    }

    /**
     * Adds a listener that is called when a connection is lost, made, or replaced by one to another server. It must return
     * quickly.
     */
    public void onConnectionChange(Runnable listener) {
        listeners.add(listener);
    }

    /** The servers that accept writes; empty until a Cluster has been reached. */
    public abstract List<Primary> primaries();

    /** The primary that stores the key with this name. */
    public abstract Primary primaryOf(byte[] redisName);

    /** Sends commands to this server, regardless of which server has the key; otherwise as {@link #send(Function)}. */
    public abstract <T> CompletionStage<T> send(
            Primary server, Function<RedisClusterAsyncCommands<byte[], byte[]>, ? extends CompletionStage<T>> command);

    /**
     * Sends commands, each to the server that has its key. Fails with {@link RedisUnavailableException} if there is no
     * connection, or with an exception of Lettuce.
     */
    public abstract <T> CompletionStage<T> send(
            Function<RedisClusterAsyncCommands<byte[], byte[]>, ? extends CompletionStage<T>> command);

    /** The URI of this server. */
    abstract RedisURI uriOf(Primary server);

    /** Connects if there is no connection, and checks that the current one still leads to the right server. */
    abstract void look() throws InterruptedException, ExecutionException, TimeoutException;

    /** Address of a server for log lines: host and port, or the name of the Sentinels' master. */
    public String addressOf(Primary server) {
        try {
            RedisURI uri = uriOf(server);
            return uri.getSentinels().isEmpty() ? uri.getHost() + ":" + uri.getPort() : uri.getSentinelMasterId();
        } catch (RedisUnavailableException e) {
            return server.id();
        }
    }

    /**
     * Subscribes to the {@code expired} events of one server, which no other server of a Cluster forwards, and to a channel.
     * Lettuce reopens a broken connection and resubscribes.
     *
     * @return the connection; the caller closes it
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

    /** Opens a dedicated connection for bulk writes, which would delay other commands on the shared connection. */
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

    /** Pipeline: commands are buffered until {@link #flush}, at most {@link RedisFactory#MAX_COMMANDS_UNDER_WAY}. */
    public record Bulk(StatefulRedisConnection<byte[], byte[]> connection) implements AutoCloseable {
        /** Buffered commands. Each fails unless its answer arrives within 5 s of the call. */
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

    /** Starts to connect in the background. */
    void start(LoopRegistry loops) {
        loop = loops.start("redis-connect", PAUSE, BOUND, this::lookAndLog);
    }

    private void lookAndLog() throws InterruptedException {
        try {
            look();
            warned = false;
        } catch (ExecutionException | TimeoutException | RuntimeException e) {
            if (!warned) {
                warned = true;
                LOG.warn(
                        "{} cannot be reached ({}); keys are checked in Postgres until it can",
                        address,
                        RedisUnavailableException.inWords(e));
            }
        }
    }

    final void announceConnected() {
        listeners.forEach(Runnable::run);
        LOG.info("connected to {}", address);
    }

    static <T> T await(CompletionStage<T> stage) throws InterruptedException, ExecutionException, TimeoutException {
        return stage.toCompletableFuture().get(CONNECT_TIMEOUT_SECONDS, TimeUnit.SECONDS);
    }

    /** Closes this connection and all dedicated ones. */
    void close() throws InterruptedException {
        BackgroundLoop started = loop;
        if (started != null) {
            started.interrupt();
        }
        dedicated.shutdown();
    }
}
