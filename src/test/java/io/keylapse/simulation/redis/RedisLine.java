package io.keylapse.simulation.redis;

import io.keylapse.simulation.redis.ModelCommands.Answer;
import io.keylapse.simulation.world.Host;
import io.keylapse.simulation.world.World;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisException;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.pubsub.RedisPubSubListener;
import io.lettuce.core.pubsub.api.async.RedisPubSubAsyncCommands;
import java.lang.reflect.Proxy;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** One connection. Commands arrive and are answered in order. */
@SuppressWarnings("FutureReturnValueIgnored") // Lettuce hands them on
final class RedisLine {
    static final SocketAddress ADDRESS = InetSocketAddress.createUnresolved("redis", 6379);

    /** The command is sent into a broken connection, and the sender has not noticed yet. */
    private static final int NOWHERE = -1;

    private final World world = World.here();
    private final RedisWire wire;
    private final RedisSite site;
    private final Host host;
    private final List<Runnable> held = new ArrayList<>();
    private final List<RedisPubSubListener<byte[], byte[]>> subscribers = new ArrayList<>();
    private final List<RedisConnectionStateListener> states = new ArrayList<>();
    private final List<Answer> underWay = new ArrayList<>();
    private ModelRedis server;
    private boolean open = true;
    private boolean closed;
    private boolean subscribed;
    private boolean flushes = true;
    private int life;
    private boolean broken;
    private long lastArrival;
    private long lastAnswer;

    RedisLine(RedisWire wire, RedisSite site) {
        this.wire = wire;
        this.site = site;
        this.host = wire.host();
        this.server = site.server();
    }

    Object connection(Class<?> type) {
        return proxy(type, (name, arguments) -> switch (name) {
            case "async" ->
                type == StatefulRedisConnection.class
                        ? ModelCommands.over(this::send)
                        : proxy(RedisPubSubAsyncCommands.class, (_, _) -> subscribe());
            case "addListener" ->
                arguments[0] instanceof RedisConnectionStateListener states
                        ? this.states.add(states)
                        : subscribers.add(listener(arguments[0]));
            case "setAutoFlushCommands" -> {
                flushes = (boolean) arguments[0];
                yield null;
            }
            case "flushCommands" -> flush();
            case "isOpen" -> open;
            case "close", "closeAsync" -> close();
            default -> throw new UnsupportedOperationException("no model of " + name);
        });
    }

    @SuppressWarnings("unchecked")
    private RedisPubSubListener<byte[], byte[]> listener(Object listener) {
        return (RedisPubSubListener<byte[], byte[]>) listener;
    }

    private Object flush() {
        held.forEach(Runnable::run);
        held.clear();
        return null;
    }

    private CompletableFuture<Void> close() {
        closed = true;
        open = false;
        wire.forget(this);
        return CompletableFuture.completedFuture(null);
    }

    private Answer subscribe() {
        if (site.refusesSubscription()) {
            var refused = new Answer();
            world.after(wire.latency(), host, () -> refused.completeExceptionally(new RedisException("refused")));
            return refused;
        }
        return send("SUBSCRIBE", _ -> {
            subscribed = true;
            return null;
        });
    }

    Answer send(String text, Function<ModelRedis, Object> command) {
        var answer = new Answer();
        if (!open) {
            answer.completeExceptionally(new RedisException("not connected"));
            return answer;
        }
        underWay.add(answer);
        world.after(
                wire.timeout().toNanos(),
                host,
                () -> answer.completeExceptionally(new RedisCommandTimeoutException("timed out")));
        if (flushes) {
            travel(text, command, answer);
        } else {
            held.add(() -> travel(text, command, answer));
        }
        return answer;
    }

    private void travel(String text, Function<ModelRedis, Object> command, Answer answer) {
        lastArrival = Math.max(lastArrival, world.now() + wire.latency());
        int sentIn = broken ? NOWHERE : life;
        world.after(lastArrival - world.now(), world.outside(), () -> arrive(text, command, answer, sentIn));
    }

    private void arrive(String text, Function<ModelRedis, Object> command, Answer answer, int sentIn) {
        long frozen = site.frozenFor();
        if (frozen > 0) {
            world.after(frozen, world.outside(), () -> arrive(text, command, answer, sentIn));
        } else if (sentIn == life && site.isReachableFrom(host)) {
            answer(answer, site.execute(server, host, text, command), sentIn);
        } else if (world.chance(0.5)) {
            ModelRedis sentTo = server;
            // The command was in flight when the connection broke, and is delivered all the same.
            world.after(site.lateness(), world.outside(), () -> site.execute(sentTo, host, text + " (late)", command));
        }
    }

    private void answer(Answer answer, Object value, int sentIn) {
        lastAnswer = Math.max(lastAnswer, world.now() + wire.latency());
        world.after(lastAnswer - world.now(), host, () -> {
            underWay.remove(answer);
            if (sentIn != life) {
                return;
            }
            if (value instanceof RedisException refusal) {
                answer.completeExceptionally(refusal);
            } else {
                answer.complete(value);
            }
        });
    }

    void dropSubscriptions() {
        subscribed = false;
    }

    /** Whether the node would receive announcements on this connection; a replica announces nothing. */
    boolean isSubscribed() {
        return subscribed && open && server.equals(site.server()) && site.isReachableFrom(host);
    }

    void push(byte[] channel, byte[] message) {
        int sentIn = life;
        if (isSubscribed()) {
            for (long delay : site.deliveries()) {
                world.after(wire.latency() + delay, host, () -> {
                    if (sentIn == life) {
                        world.trace(() -> "receives on " + new String(channel, StandardCharsets.UTF_8) + ": "
                                + ModelScripts.hex(message).substring(6, 12));
                        subscribers.forEach(each -> each.message(channel, message));
                    }
                });
            }
        }
    }

    void cut(Duration noticed) {
        life++;
        broken = true;
        world.after(noticed.toNanos(), host, () -> {
            if (!closed) {
                world.trace(() -> "notices that Redis is gone");
                open = false;
                wire.listeners().forEach(each -> each.onRedisDisconnected(null));
                states.forEach(each -> each.onRedisDisconnected(null));
                List<Answer> lost = List.copyOf(underWay);
                underWay.clear();
                lost.forEach(each -> each.completeExceptionally(new RedisException("disconnected")));
                reconnect(10);
            }
        });
    }

    private void reconnect(long millis) {
        world.after(Duration.ofMillis(millis).toNanos() + wire.latency(), host, () -> {
            if (closed) {
                return;
            }
            if (site.isReachableFrom(host)) {
                world.trace(() -> "is connected to Redis again");
                life++;
                broken = false;
                open = true;
                server = site.server();
                wire.listeners().forEach(each -> each.onRedisConnected(null, ADDRESS));
            } else {
                reconnect(Math.min(1000, millis * 2));
            }
        });
    }

    private interface Handler {
        Object handle(String method, Object[] arguments);
    }

    private static Object proxy(Class<?> type, Handler handler) {
        return Proxy.newProxyInstance(
                RedisLine.class.getClassLoader(),
                new Class<?>[] {type},
                (self, method, arguments) -> switch (method.getName()) {
                    case "hashCode" -> System.identityHashCode(self);
                    case "equals" -> System.identityHashCode(self) == System.identityHashCode(arguments[0]);
                    default -> handler.handle(method.getName(), arguments);
                });
    }
}
