package io.keylapse.simulation.redis;

import io.keylapse.simulation.world.Host;
import io.keylapse.simulation.world.World;
import io.lettuce.core.RedisCommandExecutionException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** The simulated Redis and the network to it, with their faults. */
public final class RedisSite {
    private static final Duration NORMAL = Duration.ofMillis(2);
    private static final Duration SLOW = Duration.ofMillis(400);
    private static final int COPIES = 8;

    private final World world = World.here();
    private final Set<Host> cutOff = new HashSet<>();
    private final List<RedisWire> wires = new ArrayList<>();
    private ModelRedis redis;
    private final Deque<Map<String, ?>> copies = new ArrayDeque<>(List.of(Map.of()));
    private long frozenUntil;
    private boolean down;
    private boolean slow;
    private boolean eventsFail;
    private boolean writesRepeat;
    private boolean refusesNowAndThen;
    private long lastLate;
    private int servers = 1;

    public RedisSite(Duration skew) {
        redis = new ModelRedis(
                () -> world.instant().plus(skew).toEpochMilli(),
                (channel, message) -> wires.forEach(wire -> wire.push(channel, message)));
        expireNowAndThen();
        copyNowAndThen();
    }

    /** The server itself, for inspection. */
    public ModelRedis server() {
        return redis;
    }

    /** Its mark, if the server responds and is not being rebuilt; otherwise empty. */
    public String followed() {
        byte[] mark = redis.get("kl:follows".getBytes(StandardCharsets.UTF_8));
        String text = mark == null ? "" : new String(mark, StandardCharsets.UTF_8);
        return frozenFor() <= 0 && text.matches(".* at \\d+") ? text : "";
    }

    /** Whether the node receives the expiries that the server announces. */
    public boolean isHeardBy(Host host) {
        return wires.stream().anyMatch(wire -> wire.host().equals(host) && wire.isSubscribed());
    }

    void add(RedisWire wire) {
        wires.removeIf(each -> each.host().isDead());
        wires.add(wire);
    }

    private void expireNowAndThen() {
        world.after(world.between(Duration.ofMillis(50), Duration.ofSeconds(2)), world.outside(), () -> {
            redis.names().stream().filter(_ -> world.chance(0.3)).forEach(redis::look);
            expireNowAndThen();
        });
    }

    /**
     * Takes copies at random times, like a backup or a lagging replica, so that there is always old data to restore.
     */
    private void copyNowAndThen() {
        world.after(world.between(Duration.ofMillis(200), Duration.ofSeconds(3)), world.outside(), () -> {
            copy();
            copyNowAndThen();
        });
    }

    boolean isReachableFrom(Host host) {
        return !down && !cutOff.contains(host);
    }

    Duration mostLatency() {
        return slow ? SLOW : NORMAL;
    }

    long frozenFor() {
        return frozenUntil - world.now();
    }

    long delay() {
        return world.between(Duration.ZERO, Duration.ofSeconds(8));
    }

    /** A random delay for a write that arrives long after it was given up. */
    long lateness() {
        long late = world.chance(0.03) ? world.between(Duration.ofSeconds(8), Duration.ofSeconds(25)) : delay();
        lastLate = Math.max(lastLate, world.now() + late);
        return late;
    }

    /** When the last delayed write arrives. */
    public long lastLate() {
        return lastLate;
    }

    boolean refusesSubscription() {
        return eventsFail && world.chance(0.5);
    }

    /** The delays of an event's deliveries: none if it is lost, two if it is repeated. */
    List<Long> deliveries() {
        if (!eventsFail) {
            return List.of(0L);
        }
        return switch (world.random().nextInt(4)) {
            case 0 -> List.of();
            case 1 -> List.of(0L, delay());
            case 2 -> List.of(delay());
            default -> List.of(0L);
        };
    }

    Object execute(ModelRedis server, Host from, String text, Function<ModelRedis, Object> command) {
        Object answer = refusesNowAndThen && world.chance(0.3)
                ? new RedisCommandExecutionException("BUSY running a script")
                : answer(server, command);
        world.trace(() -> "Redis: " + text + " from " + from.name() + " -> " + Texts.of(answer));
        if (writesRepeat && text.startsWith("EVALSHA") && world.chance(0.2)) {
            world.after(lateness(), world.outside(), () -> {
                Object again = answer(server, command);
                world.trace(() -> "Redis: " + text + " from " + from.name() + " once more -> " + Texts.of(again));
            });
        }
        return answer;
    }

    private static Object answer(ModelRedis server, Function<ModelRedis, Object> command) {
        try {
            return command.apply(server);
        } catch (RedisCommandExecutionException refused) {
            return refused;
        }
    }

    /** Cuts a node off from the server, or reconnects it. */
    public void cutOff(Host host, boolean cut) {
        if (cut) {
            cutOff.add(host);
            wires.stream().filter(wire -> wire.host().equals(host)).forEach(wire -> wire.cut(noticed()));
        } else {
            cutOff.remove(host);
        }
    }

    /** Breaks the connections of a node, which reconnects. */
    public void breakWires(Host host) {
        wires.stream().filter(wire -> wire.host().equals(host)).forEach(wire -> wire.cut(noticed()));
    }

    private Duration noticed() {
        return world.chance(0.7) ? Duration.ofMillis(1) : Duration.ofNanos(delay() / 6);
    }

    public void down(boolean isDown) {
        down = isDown;
        if (down) {
            wires.forEach(wire -> wire.cut(noticed()));
        }
    }

    public void slow(boolean isSlow) {
        slow = isSlow;
    }

    public void eventsFail(boolean fail) {
        eventsFail = fail;
    }

    public void writesRepeat(boolean repeat) {
        writesRepeat = repeat;
    }

    /** Whether the server sometimes refuses commands, as during a long script or while loading. */
    public void refuseNowAndThen(boolean refuse) {
        refusesNowAndThen = refuse;
    }

    public void freeze(long nanos) {
        frozenUntil = world.now() + nanos;
    }

    public void flush() {
        redis.flush();
    }

    /** Takes a copy of the data, for a replica or a backup. */
    public void copy() {
        copies.add(redis.copy());
        if (copies.size() > COPIES) {
            copies.remove();
        }
    }

    /** Replaces the server by another one with the last copy or with no data; connections to the old one break. */
    public void replace(boolean withCopy) {
        replaceBy(withCopy ? copies.getLast() : Map.of());
    }

    /** Chooses one of the current copies. Running the result replaces the server by one with that copy. */
    public Runnable restoreLater() {
        Map<String, ?> old = List.copyOf(copies).get(world.random().nextInt(copies.size()));
        return () -> replaceBy(old);
    }

    private void replaceBy(Map<String, ?> data) {
        promote(data);
        wires.forEach(wire -> wire.cut(noticed()));
    }

    /** Another server takes over with all but the latest writes, and the old one becomes its replica. */
    public void failOver() {
        redis.demote();
        promote(copies.getLast());
    }

    private void promote(Map<String, ?> data) {
        servers++;
        redis = redis.successor("server" + servers, data);
    }

    /** Drops the subscriptions of a node, while its connections stay open. */
    public void dropSubscriptions(Host host) {
        wires.stream().filter(wire -> wire.host().equals(host)).forEach(RedisWire::dropSubscriptions);
    }
}
