package io.keylapse.registry;

import io.keylapse.key.KeyDigest;
import io.keylapse.key.KeyId;
import io.keylapse.key.KeyState;
import io.keylapse.registry.sql.Columns;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Row mapper for {@link KeyTable#COLUMNS} and {@code read_at}. */
public final class KeyRow {
    private KeyRow() {}

    /** The key of the current row. */
    public static KeyRecord read(ResultSet row) throws SQLException {
        return new KeyRecord(
                new KeyId(row.getObject("id", UUID.class)),
                new KeyDigest(row.getBytes("digest")),
                row.getString("hint"),
                row.getString("owner"),
                new KeyDetails(
                        row.getString("name"),
                        texts(row.getArray("scopes")),
                        row.getString("metadata"),
                        contact(row),
                        leadTimes(row.getArray("lead_times_ms"))),
                new KeyTerm(
                        KeyState.of(row.getString("state")),
                        KeyState.of(row.getString("end_reason")),
                        row.getInt("version"),
                        Columns.instant(row, "issued_at"),
                        Columns.nullableInstant(row, "expires_at"),
                        Columns.nullableInstant(row, "ended_at"),
                        duration(row),
                        keyId(row, "successor_id")),
                keyId(row, "predecessor_id"),
                Columns.instant(row, "read_at"));
    }

    private static KeyDetails.@Nullable Contact contact(ResultSet row) throws SQLException {
        String email = row.getString("contact_email");
        return email == null ? null : new KeyDetails.Contact(email, row.getString("contact_language"));
    }

    private static @Nullable List<Duration> leadTimes(@Nullable Array array) throws SQLException {
        return array == null
                ? null
                : Stream.of((Long[]) array.getArray()).map(Duration::ofMillis).toList();
    }

    private static @Nullable Duration duration(ResultSet row) throws SQLException {
        long millis = row.getLong("lifetime_ms");
        return row.wasNull() ? null : Duration.ofMillis(millis);
    }

    private static @Nullable KeyId keyId(ResultSet row, String column) throws SQLException {
        UUID value = row.getObject(column, UUID.class);
        return value == null ? null : new KeyId(value);
    }

    private static List<String> texts(Array array) throws SQLException {
        return List.of((String[]) array.getArray());
    }
}
