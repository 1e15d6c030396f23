package io.keylapse.registry.listing;

import io.keylapse.registry.KeyRecord;
import io.keylapse.registry.KeyTable;
import io.keylapse.registry.sql.SqlText;
import io.keylapse.registry.sql.page.Cursor;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Active keys in the order of their deadlines, from the indexes on deadlines. Those without a deadline are at one end of these
 * indexes, in the order of issue: last in the ascending order, first in the descending one. A list may have only the keys with
 * a deadline, or only those without.
 */
enum DeadlineOrder {
    ASCENDING("d", "v", ">", ""),
    DESCENDING("e", "u", "<", " DESC");

    /** The least id. */
    private static final UUID LEAST = new UUID(0, 0);

    private final String withDeadline;
    private final String withoutDeadline;
    private final String after;
    private final String direction;

    /**
     * @param withDeadline the kind of cursors at a key with a deadline
     * @param withoutDeadline the kind of cursors at a key without one
     */
    DeadlineOrder(String withDeadline, String withoutDeadline, String after, String direction) {
        this.withDeadline = withDeadline;
        this.withoutDeadline = withoutDeadline;
        this.after = after;
        this.direction = direction;
    }

    /** The keys after the cursor, up to so many rows of each source. */
    List<SqlText> sources(KeyFilter filter, @Nullable Cursor cursor, int rows) {
        boolean atUnlimited = filter.unlimited()
                || (!filter.hasRange() && cursor != null && cursor.order().equals(withoutDeadline));
        var sources = new ArrayList<SqlText>();
        if (!filter.unlimited() && (!atUnlimited || this == DESCENDING)) {
            sources.add(limited(filter, atUnlimited ? null : cursor, rows));
        }
        if (filter.unlimited() || (!filter.hasRange() && (atUnlimited || this == ASCENDING || cursor == null))) {
            sources.add(unlimited(filter, atUnlimited ? cursor : null, rows));
        }
        return sources;
    }

    private SqlText limited(KeyFilter filter, @Nullable Cursor cursor, int rows) {
        return keys(filter, this == ASCENDING ? fromSoonest(filter, cursor) : fromLatest(filter, cursor), rows);
    }

    /** With a single lower bound: with two, Postgres might start the scan at the lesser and read all rows up to the other. */
    private SqlText fromSoonest(KeyFilter filter, @Nullable Cursor cursor) {
        SqlText start = SqlText.of("expires_at > now()");
        if (cursor != null) {
            start = SqlText.of(
                    "(expires_at, id) > (greatest(?, now()), ?)",
                    cursor.expecting(withDeadline, 2).instant(0),
                    cursor.uuid(1));
        } else if (filter.expiresFrom() != null) {
            start = SqlText.of("(expires_at, id) > (greatest(?, now()), ?)", filter.expiresFrom(), LEAST);
        }
        SqlText end = SqlText.when(filter.expiresTo(), "expires_at < ?");
        return end == null ? start : start.plus(" AND ").plus(end);
    }

    /** With a single upper bound, for the same reason. */
    private SqlText fromLatest(KeyFilter filter, @Nullable Cursor cursor) {
        SqlText end = filter.expiresFrom() == null
                ? SqlText.of("expires_at > now()")
                : SqlText.of("(expires_at, id) > (greatest(?, now()), ?)", filter.expiresFrom(), LEAST);
        SqlText start = cursor == null
                ? SqlText.when(filter.expiresTo(), "expires_at < ?")
                : SqlText.of(
                        "(expires_at, id) < (?, ?)",
                        cursor.expecting(withDeadline, 2).instant(0),
                        cursor.uuid(1));
        return start == null ? end : end.plus(" AND ").plus(start);
    }

    private SqlText unlimited(KeyFilter filter, @Nullable Cursor cursor, int rows) {
        SqlText without = SqlText.of("expires_at IS NULL");
        return keys(
                filter,
                cursor == null
                        ? without
                        : without.plus(
                                " AND id " + after + " ?",
                                cursor.expecting(withoutDeadline, 1).uuid(0)),
                rows);
    }

    private SqlText keys(KeyFilter filter, SqlText bounds, int rows) {
        String byOwner = filter.owner() == null ? "" : "owner" + direction + ", ";
        return SqlText.of("(SELECT " + KeyTable.COLUMNS + " FROM api_key")
                .plus(SqlText.where(
                        SqlText.led("owner", filter.owner()), SqlText.of("state = 'active'"), bounds, filter.rest()))
                .plus(" ORDER BY " + byOwner + columns() + " LIMIT ?)", rows);
    }

    /** The columns to sort by. */
    String columns() {
        return "expires_at" + direction + ", id" + direction;
    }

    /** The cursor after a key. */
    Cursor cursorAt(KeyRecord last) {
        @Nullable Instant expiresAt = last.term().expiresAt();
        return expiresAt == null
                ? Cursor.of(withoutDeadline, last.id().value())
                : Cursor.of(withDeadline, expiresAt, last.id().value());
    }
}
