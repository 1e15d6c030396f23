package io.keylapse.simulation.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisReadOnlyException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/** A Redis server as far as we use it. {@code ModelRedisIT} holds it against the real one. */
public final class ModelRedis {
    /** A page of names, and where to go on. */
    record Page(List<byte[]> names, String cursor) {}

    /** Whoever subscribed to a channel. */
    @FunctionalInterface
    public interface Pushes {
        void push(byte[] channel, byte[] message);
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared as a record
    record Value(byte[] bytes, long keptUntil) {}

    static final byte[] EXPIRED = "__keyevent@0__:expired".getBytes(US_ASCII);
    private static final int NAMES_PER_PAGE = 3;

    private final LongSupplier millis;
    private final Pushes pushes;
    private final TreeMap<String, Value> values;
    private final String incarnation;
    private boolean full;
    private boolean replica;

    /**
     * @param millis its clock
     * @param pushes told of what it announces
     */
    public ModelRedis(LongSupplier millis, Pushes pushes) {
        this("first", millis, pushes, Map.of());
    }

    @SuppressWarnings("unchecked")
    private ModelRedis(String incarnation, LongSupplier millis, Pushes pushes, Map<String, ?> copy) {
        this.incarnation = incarnation;
        this.millis = millis;
        this.pushes = pushes;
        this.values = new TreeMap<>((Map<String, Value>) copy);
    }

    /** Another server, which begins with this copy of the data. */
    ModelRedis successor(String name, Map<String, ?> copy) {
        return new ModelRedis(name, millis, pushes, copy);
    }

    long now() {
        return millis.getAsLong();
    }

    String incarnation() {
        return incarnation;
    }

    byte[] get(byte[] name) {
        Value value = live(name);
        return value == null ? null : value.bytes;
    }

    /** Until when it is kept, in ms; 0 for ever; -1 if there is nothing. */
    long keptUntil(byte[] name) {
        Value value = live(name);
        return value == null ? -1 : value.keptUntil;
    }

    long touch(List<byte[]> names) {
        return names.stream().filter(name -> live(name) != null).count();
    }

    /** @param keptUntil in ms; 0 for ever */
    void set(byte[] name, byte[] bytes, long keptUntil) {
        if (replica) {
            throw new RedisReadOnlyException("READONLY You can't write against a read only replica.");
        }
        if (full) {
            throw new RedisCommandExecutionException("OOM command not allowed when used memory > 'maxmemory'.");
        }
        if (keptUntil != 0 && keptUntil <= now()) {
            values.remove(ModelScripts.hex(name));
        } else {
            values.put(ModelScripts.hex(name), new Value(bytes.clone(), keptUntil));
        }
    }

    void publish(byte[] channel, byte[] message) {
        if (!replica) {
            pushes.push(channel, message);
        }
    }

    void delete(byte[] name) {
        values.remove(ModelScripts.hex(name));
    }

    Page scan(String cursor) {
        var page = new ArrayList<byte[]>();
        for (String name : values.keySet()) {
            if (cursor.equals("0") || name.compareTo(cursor) > 0) {
                page.add(HexFormat.of().parseHex(name));
                if (page.size() == NAMES_PER_PAGE) {
                    return new Page(page, name);
                }
            }
        }
        return new Page(page, "0");
    }

    List<byte[]> role() {
        return List.of((replica ? "slave" : "master").getBytes(US_ASCII));
    }

    List<byte[]> time() {
        long now = now();
        return List.of(
                Long.toString(now / 1000).getBytes(US_ASCII),
                Long.toString(now % 1000 * 1000).getBytes(US_ASCII));
    }

    private Value live(byte[] name) {
        Value value = values.get(ModelScripts.hex(name));
        if (value != null && value.keptUntil != 0 && now() > value.keptUntil) {
            if (replica) {
                return null;
            }
            values.remove(ModelScripts.hex(name));
            pushes.push(EXPIRED, name);
            return null;
        }
        return value;
    }

    /** Looks at a key, as Redis does by itself now and then, and so deletes and announces it if its time is over. */
    public void look(byte[] name) {
        live(name);
    }

    /** The names of all that it holds, be their time over or not. */
    public List<byte[]> names() {
        return values.keySet().stream().map(HexFormat.of()::parseHex).toList();
    }

    /** All that it holds now, to go back to. */
    public Map<String, ?> copy() {
        return new TreeMap<>(values);
    }

    /** Refuses whatever would need memory, or no longer. */
    public void full(boolean isFull) {
        full = isFull;
    }

    /** Forgets everything, and stays the same server. */
    public void flush() {
        values.clear();
    }

    /** Goes on answering, but takes no writes and says nothing of expiries, which are its master's business. */
    void demote() {
        replica = true;
    }
}
