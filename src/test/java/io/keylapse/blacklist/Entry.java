package io.keylapse.blacklist;

import io.keylapse.harness.Stores;
import io.keylapse.key.KeyId;
import io.keylapse.key.ManagementKeyId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.NullUnmarked;

/** An entry that tests insert directly, and that the API must return. Its name identifies it. */
@NullUnmarked
record Entry(
        UUID keyId,
        int version,
        String owner,
        String name,
        String reason,
        String detail,
        UUID endedBy,
        Instant endedAt,
        Instant recordedAt,
        String source,
        Instant reinstatedAt) {
    /** The number of positions in one range of the index blacklist_by_stretch. */
    static final int STRETCH = 1 << 14;

    static final List<String> REASONS = List.of("expired", "revoked", "rotated");
    private static final List<String> SOURCES = List.of("notification", "sweep", "request");
    private static final DateTimeFormatter MILLIS =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

    /** The expiry of a new key. */
    static Entry expired(String owner, String name, Instant endedAt) {
        return new Entry(
                UUID.randomUUID(), 1, owner, name, "expired", null, null, endedAt, endedAt, "notification", null);
    }

    /** A random ending with one of few instants, so that many share one, of a key that may have earlier endings. */
    static Entry random(Random random, Collection<String> owners, List<UUID> keys, String name, Instant earliest) {
        String reason = REASONS.get(random.nextInt(3));
        Instant endedAt = earliest.plusMillis(random.nextInt(60));
        boolean decided = !reason.equals("expired");
        return new Entry(
                keys.get(random.nextInt(keys.size())),
                // Unique per key, because names are unique.
                name.hashCode() & 0x7FFF_FFFF,
                List.copyOf(owners).get(random.nextInt(owners.size())),
                name,
                reason,
                decided && random.nextBoolean() ? "because \"" + name + "\", so" : null,
                decided && random.nextBoolean() ? new UUID(random.nextLong(), random.nextLong()) : null,
                endedAt,
                endedAt.plus(Duration.ofMillis(random.nextInt(100_000))),
                SOURCES.get(random.nextInt(3)),
                !decided && random.nextBoolean() ? endedAt.plusSeconds(random.nextInt(1_000)) : null);
    }

    /** The entry as the API returns it. */
    Map<String, String> json() {
        var json = new LinkedHashMap<String, String>();
        json.put("keyId", new KeyId(keyId).toString());
        json.put("owner", owner);
        json.put("name", name);
        json.put("hint", "kl_hint");
        json.put("reason", reason);
        json.put("detail", detail);
        json.put("endedBy", endedBy == null ? null : new ManagementKeyId(endedBy).toString());
        json.put("endedAt", text(endedAt));
        json.put("recordedAt", text(recordedAt));
        json.put("source", source);
        json.put("reinstatedAt", reinstatedAt == null ? null : text(reinstatedAt));
        json.values().removeIf(value -> value == null);
        return json;
    }

    /** An instant in the API's format. */
    static String text(Instant instant) {
        return MILLIS.format(instant);
    }

    /** Inserts the entries in this order, in the connection's transaction. */
    static void insert(Connection connection, List<Entry> entries) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("""
                INSERT INTO blacklist (key_id, version, owner, name, hint, reason, detail, ended_by, ended_at,
                    recorded_at, source, reinstated_at)
                VALUES (?, ?, ?, ?, 'kl_hint', ?, ?, ?, ?, ?, ?, ?)
                """)) {
            for (Entry entry : entries) {
                insert.setObject(1, entry.keyId);
                insert.setInt(2, entry.version);
                insert.setString(3, entry.owner);
                insert.setString(4, entry.name);
                insert.setString(5, entry.reason);
                insert.setString(6, entry.detail);
                insert.setObject(7, entry.endedBy);
                insert.setObject(8, at(entry.endedAt));
                insert.setObject(9, at(entry.recordedAt));
                insert.setString(10, entry.source);
                insert.setObject(11, at(entry.reinstatedAt));
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    /** Inserts the entries in this order and commits. */
    static void insert(Stores stores, List<Entry> entries) throws SQLException {
        try (Connection connection = stores.connect()) {
            insert(connection, entries);
        }
    }

    /** Skips positions, as transactions do that are rolled back. */
    static void skipPositions(Connection connection, int count) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("SELECT count(nextval('blacklist_position')) FROM generate_series(1, " + count + ")");
        }
    }

    /** Skips positions, so that the next entry gets one with that offset in its range. */
    static void skipPositionsTo(Connection connection, int within) throws SQLException {
        try (Statement statement = connection.createStatement();
                var row = statement.executeQuery("SELECT nextval('blacklist_position')")) {
            row.next();
            skipPositions(connection, Math.floorMod(within - 1 - row.getLong(1), STRETCH));
        }
    }

    static List<String> names(Collection<Entry> entries) {
        var names = new ArrayList<String>();
        entries.forEach(entry -> names.add(entry.name));
        return names;
    }

    private static OffsetDateTime at(Instant instant) {
        return instant == null ? null : instant.atOffset(ZoneOffset.UTC);
    }
}
