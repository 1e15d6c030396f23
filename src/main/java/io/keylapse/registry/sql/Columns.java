package io.keylapse.registry.sql;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Converts values that JDBC does not convert itself, in rows and in parameters. An instant is an {@link OffsetDateTime} in JDBC.
 */
public final class Columns {
    private Columns() {}

    /** The instant in that column, which must not be null. */
    public static Instant instant(ResultSet row, int column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }

    /** The instant in that column, which must not be null. */
    public static Instant instant(ResultSet row, String column) throws SQLException {
        return instant(row, row.findColumn(column));
    }

    /** The instant in that column, if any. */
    public static @Nullable Instant nullableInstant(ResultSet row, String column) throws SQLException {
        return nullableInstant(row, row.findColumn(column));
    }

    /** The instant in that column, if any. */
    public static @Nullable Instant nullableInstant(ResultSet row, int column) throws SQLException {
        var value = row.getObject(column, OffsetDateTime.class);
        return value == null ? null : value.toInstant();
    }

    /** Sets a parameter. An instant becomes a {@code timestamptz}, and an array a Postgres array. */
    static void bind(PreparedStatement statement, int index, @Nullable Object value) throws SQLException {
        switch (value) {
            case null -> statement.setNull(index, Types.NULL);
            case Instant instant -> statement.setObject(index, instant.atOffset(ZoneOffset.UTC));
            case String[] texts ->
                statement.setArray(index, statement.getConnection().createArrayOf("text", texts));
            case UUID[] ids ->
                statement.setArray(index, statement.getConnection().createArrayOf("uuid", ids));
            case Long[] numbers ->
                statement.setArray(index, statement.getConnection().createArrayOf("bigint", numbers));
            case byte[][] blobs ->
                statement.setArray(index, statement.getConnection().createArrayOf("bytea", blobs));
            default -> statement.setObject(index, value);
        }
    }
}
