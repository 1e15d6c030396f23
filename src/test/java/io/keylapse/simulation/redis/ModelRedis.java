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

/** A model of the parts of Redis that the service uses. {@code ModelRedisIT} compares it with a real server. */
public final class ModelRedis {
    /** A page of names, and the cursor of the next page. */
    record Page(List<byte[]> names, String cursor) {}

    /** Receives the messages of a channel. */
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
     * @param pushes receives all announcements
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

    /** Another server, which starts with this copy of the data. */
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

    /** When the entry expires, in ms; 0 for never; -1 if there is none. */
    long keptUntil(byte[] name) {
        Value value = live(name);
        return value == null ? -1 : value.keptUntil;
    }

    long touch(List<byte[]> names) {
        return names.stream().filter(name -> live(name) != null).count();
    }

    /** @param keptUntil in ms; 0 for no expiry */
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

    /** Looks at a key, as active expiry does at random times: if it is past its time, it is deleted and announced. */
    public void look(byte[] name) {
        live(name);
    }

    /** The names of all entries, including those past their time. */
    public List<byte[]> names() {
        return values.keySet().stream().map(HexFormat.of()::parseHex).toList();
    }

    /** A copy of all data, to restore later. */
    public Map<String, ?> copy() {
        return new TreeMap<>(values);
    }

    /** Sets whether the server refuses writes because its memory is full. */
    public void full(boolean isFull) {
        full = isFull;
    }

    /** Deletes all data, as FLUSHALL does. */
    public void flush() {
        values.clear();
    }

    /** Turns the server into a replica: it still answers reads, but refuses writes and does not announce expiries. */
    void demote() {
        replica = true;
    }
}
