package io.keylapse.blacklist;

import io.keylapse.key.KeyId;
import io.keylapse.key.KeyState;
import io.keylapse.key.ManagementKeyId;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.registry.ending.BlacklistEntry;
import io.keylapse.registry.ending.RecordingSource;
import io.keylapse.registry.sql.Columns;
import io.keylapse.registry.sql.Postgres;
import io.keylapse.registry.sql.SqlText;
import io.keylapse.registry.sql.page.Cursor;
import io.keylapse.registry.sql.page.Page;
import jakarta.inject.Singleton;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Pages of the blacklist, in order of ending or of recording. Keyset pagination: each page starts in an index where the one
 * before ended, so all pages cost the same.
 */
@Singleton
public final class BlacklistHistory {
    private static final String BY_END = "e";
    private static final String BY_RECORDING = "r";
    private static final String COLUMNS = "key_id, version, owner, name, hint, reason, detail, ended_by, ended_at,"
            + " recorded_at, source, reinstated_at, position";

    /** Suffix that turns {@code ended_at} into the expression of the indexes by position. */
    private static final String WITHIN_POSITION = " AT TIME ZONE 'UTC'";

    /** A stretch is a range of positions that differ only in these lowest bits, as in the index blacklist_by_stretch. */
    private static final int STRETCH = 14;

    private static final String HORIZON = "SELECT blacklist_horizon()";

    private final Postgres postgres;

    BlacklistHistory(Postgres postgres) {
        this.postgres = postgres;
    }

    /**
     * Reads a page, newest ending first.
     *
     * @throws InvalidInputException if the cursor belongs to another list
     */
    public Page<BlacklistEntry> newestFirst(BlacklistFilter filter, @Nullable Cursor cursor, PageSize size) {
        SqlText beyond = null;
        BlacklistFilter rest = filter;
        if (cursor != null) {
            Instant endedAt = cursor.expecting(BY_END, 3).instant(0);
            SqlText below =
                    SqlText.of("(ended_at, key_id, version) < (?, ?, ?)", endedAt, cursor.uuid(1), cursor.version(2));
            // Only one upper bound. With two, Postgres may start the scan at the later one and walk to the earlier.
            if (filter.to() == null || endedAt.isBefore(filter.to())) {
                beyond = below;
                rest = filter.withoutTo();
            }
        }
        List<BlacklistEntry> found = merge(
                rest,
                SqlText.and(rest.range(""), beyond),
                " DESC",
                "ended_at DESC, key_id DESC, version DESC",
                new PageSize(size.rows() + 1, size.characters()));
        // A page that was cut for its size is followed by another, which may be empty.
        return size.isHeavy(found) && found.size() <= size.rows()
                ? new Page<>(found, Optional.of(afterEnd(found.getLast())))
                : Page.of(found, size.rows(), BlacklistHistory::afterEnd);
    }

    private static Cursor afterEnd(BlacklistEntry last) {
        return Cursor.of(BY_END, last.endedAt(), last.keyId().value(), last.version());
    }

    /**
     * Reads a page, oldest recording first. Never reads past an entry that is not committed yet, so no entry is skipped.
     * There is always a next page: it contains what has been recorded since.
     *
     * <p>An entry may be recorded at any time after its ending, so no index has both orders. With {@code from} or {@code
     * to}, a first query finds the stretches of positions in which any entry ended in that range. Only these are read.
     *
     * @throws InvalidInputException if the cursor belongs to another list
     */
    public Page<BlacklistEntry> inOrderOfRecording(BlacklistFilter filter, @Nullable Cursor cursor, PageSize size) {
        // A forged cursor must not lead to more stretches than there are.
        long after = cursor == null
                ? 0
                : Math.max(0, cursor.expecting(BY_RECORDING, 1).number(0));
        // In an earlier statement, so that its snapshot is older than that of the rows.
        long horizon = horizon();
        var found = new ArrayList<BlacklistEntry>();
        for (Positions positions : candidates(filter, new Positions(after, horizon))) {
            SqlText among = SqlText.of("position > ? AND position <= ?", positions.after, positions.last);
            SqlText condition = SqlText.and(among, filter.range(WITHIN_POSITION));
            found.addAll(merge(filter, condition, "", "position", size.without(found)));
            if (size.isReachedBy(found)) {
                break;
            }
        }
        long next = size.isReachedBy(found) ? found.getLast().position() : Math.max(after, horizon);
        return new Page<>(found, Optional.of(Cursor.of(BY_RECORDING, next)));
    }

    /** Cursor at the end of the order of recording: after it come only entries that are recorded later. */
    public Cursor present() {
        return Cursor.of(BY_RECORDING, horizon());
    }

    /**
     * Checks that a cursor belongs to the order of recording, and returns it.
     *
     * @throws InvalidInputException naming {@code cursor}, if it does not
     */
    public static Cursor inRecordingOrder(Cursor cursor) {
        cursor.expecting(BY_RECORDING, 1).number(0);
        return cursor;
    }

    /** Cursor in the order of recording, after this entry. */
    public static Cursor behind(BlacklistEntry entry) {
        return Cursor.of(BY_RECORDING, entry.position());
    }

    private long horizon() {
        return postgres.queryFirst(HORIZON, row -> row.getLong(1)).orElseThrow();
    }

    /** Range of positions: {@code after} exclusive, {@code last} inclusive. */
    private record Positions(long after, long last) {}

    /** The parts of these positions, in order, that may have an entry that ended in the range of the filter. */
    private List<Positions> candidates(BlacklistFilter filter, Positions all) {
        SqlText range = filter.range("");
        if (range == null || filter.keyId() != null) {
            return List.of(all);
        }
        // With ORDER BY, because otherwise Postgres may scan the whole table for the one row.
        SqlText runs = SqlText.of(
                        "SELECT min(stretch), max(stretch) FROM ("
                                + "SELECT stretch, stretch - row_number() OVER (ORDER BY stretch) AS run"
                                + " FROM generate_series(?, ?) stretch"
                                + " WHERE (SELECT true FROM blacklist WHERE position >> " + STRETCH + " = stretch AND ",
                        all.after >> STRETCH,
                        all.last >> STRETCH)
                .plus(range)
                .plus(" ORDER BY ended_at LIMIT 1)) stretches GROUP BY run ORDER BY run");
        return postgres.query(
                runs.sql(),
                row -> new Positions(
                        Math.max(all.after, (row.getLong(1) << STRETCH) - 1),
                        Math.min(all.last, ((row.getLong(2) + 1) << STRETCH) - 1)),
                runs.parameters().toArray());
    }

    private List<BlacklistEntry> merge(
            BlacklistFilter filter, @Nullable SqlText furtherCondition, String direction, String order, PageSize size) {
        List<SqlText> scans = filter.scans(furtherCondition)
                .map(where -> SqlText.of("(SELECT " + COLUMNS + " FROM blacklist")
                        .plus(where)
                        .plus(" ORDER BY " + filter.leading(direction) + order + " LIMIT ?)", size.rows()))
                .toList();
        SqlText merged = size.cut(
                SqlText.of("SELECT * FROM (")
                        .plus(SqlText.join(" UNION ALL ", scans))
                        .plus(") entries ORDER BY " + order + " LIMIT ?", size.rows()),
                order);
        return postgres.query(
                merged.sql(), BlacklistHistory::read, merged.parameters().toArray());
    }

    private static BlacklistEntry read(ResultSet row) throws SQLException {
        UUID endedBy = row.getObject(8, UUID.class);
        return new BlacklistEntry(
                new KeyId(row.getObject(1, UUID.class)),
                row.getInt(2),
                row.getString(3),
                row.getString(4),
                row.getString(5),
                KeyState.of(row.getString(6)),
                row.getString(7),
                endedBy == null ? null : new ManagementKeyId(endedBy),
                Columns.instant(row, 9),
                Columns.instant(row, 10),
                RecordingSource.of(row.getString(11)),
                Columns.nullableInstant(row, 12),
                row.getLong(13));
    }
}
