package io.keylapse.simulation.redis;

import io.keylapse.simulation.world.Host;
import io.keylapse.simulation.world.World;
import io.lettuce.core.ConnectionFuture;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.resource.ClientResources;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** A node's client for the simulated Redis, with a network that can be slow, cut, or delay commands. */
public final class RedisWire extends RedisClient {
    private static final ClientResources RESOURCES = ClientResources.create();
    /** How long Lettuce waits for a server that accepts a connection but does not respond. */
    private static final Duration HANDSHAKE = Duration.ofSeconds(2);

    private static final Duration MIN_LATENCY = Duration.ofNanos(50_000);

    private final World world = World.here();
    private final Host host = world.host();
    private final RedisSite site;
    private final Duration timeout;
    private final List<RedisLine> lines = new ArrayList<>();
    private final List<RedisConnectionStateListener> listeners = new ArrayList<>();

    /** @param timeout of a command */
    public RedisWire(RedisSite site, Duration timeout) {
        super(RESOURCES, RedisURI.create("redis://redis"));
        this.site = site;
        this.timeout = timeout;
        site.add(this);
    }

    Host host() {
        return host;
    }

    Duration timeout() {
        return timeout;
    }

    @Override
    public void addListener(RedisConnectionStateListener listener) {
        listeners.add(listener);
    }

    @Override
    @SuppressWarnings("unchecked")
    public <K, V> ConnectionFuture<StatefulRedisConnection<K, V>> connectAsync(RedisCodec<K, V> codec, RedisURI uri) {
        return connect(line -> (StatefulRedisConnection<K, V>) line.connection(StatefulRedisConnection.class));
    }

    @Override
    @SuppressWarnings("unchecked")
    public <K, V> ConnectionFuture<StatefulRedisPubSubConnection<K, V>> connectPubSubAsync(
            RedisCodec<K, V> codec, RedisURI uri) {
        return connect(
                line -> (StatefulRedisPubSubConnection<K, V>) line.connection(StatefulRedisPubSubConnection.class));
    }

    private <C> ConnectionFuture<C> connect(Function<RedisLine, C> made) {
        var future = new CompletableFuture<C>();
        world.after(latency() + Math.clamp(site.frozenFor(), 0, HANDSHAKE.toNanos()), host, () -> {
            if (site.isReachableFrom(host) && site.frozenFor() <= 0) {
                var line = new RedisLine(this, site);
                lines.add(line);
                listeners.forEach(each -> each.onRedisConnected(null, RedisLine.ADDRESS));
                future.complete(made.apply(line));
            } else {
                future.completeExceptionally(new RedisConnectionException("refused"));
            }
        });
        return ConnectionFuture.from(RedisLine.ADDRESS, future);
    }

    long latency() {
        return world.between(MIN_LATENCY, site.mostLatency());
    }

    /** Breaks every connection; the node notices after that time. */
    void cut(Duration noticed) {
        lines.forEach(line -> line.cut(noticed));
    }

    boolean isSubscribed() {
        return lines.stream().anyMatch(RedisLine::isSubscribed);
    }

    void dropSubscriptions() {
        lines.forEach(RedisLine::dropSubscriptions);
    }

    /** Sends a message to the subscribers, if it arrives. */
    void push(byte[] channel, byte[] message) {
        lines.forEach(line -> line.push(channel, message));
    }

    List<RedisConnectionStateListener> listeners() {
        return listeners;
    }

    void forget(RedisLine line) {
        lines.remove(line);
    }
}
