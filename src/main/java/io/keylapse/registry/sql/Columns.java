package io.keylapse.registry.sql;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import org.jspecify.annotations.Nullable;

/** Reads instants from rows. JDBC returns them as {@link OffsetDateTime}. */
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
}
