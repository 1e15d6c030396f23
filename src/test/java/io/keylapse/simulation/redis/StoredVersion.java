package io.keylapse.simulation.redis;

import io.keylapse.simulation.postgres.KeyVersion;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/** An entry in Redis, decoded without the code that wrote it. */
public record StoredVersion(char kind, int version, long millis) {
    /** The entry with that name; null if there is none. */
    public static StoredVersion of(ModelRedis redis, byte[] name) {
        byte[] bytes = redis.get(ByteBuffer.allocate(3 + name.length)
                .put("kl:".getBytes(StandardCharsets.US_ASCII))
                .put(name)
                .array());
        if (bytes == null) {
            return null;
        }
        var in = ByteBuffer.wrap(bytes);
        return new StoredVersion((char) in.get(), in.getInt(), in.getLong());
    }

    /** Whether a node would accept the key at that instant. */
    public boolean isGoodAt(Instant instant) {
        return kind == 'L' && (millis == 0 || instant.toEpochMilli() < millis);
    }

    /** Whether the entry agrees with Postgres. */
    public boolean is(KeyVersion key) {
        long deadline = key.expiresAt() == null ? 0 : key.expiresAt().toEpochMilli();
        return kind == 'L' && version == key.version() && millis == deadline;
    }
}
