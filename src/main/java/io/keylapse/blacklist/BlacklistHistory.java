package io.keylapse.blacklist;

import io.keylapse.key.InvalidInputException;
import io.keylapse.key.KeyId;
import io.keylapse.key.KeyState;
import io.keylapse.key.ManagementKeyId;
import io.keylapse.registry.BlacklistEntry;
import io.keylapse.registry.RecordingSource;
import io.keylapse.registry.sql.Cursor;
import io.keylapse.registry.sql.Page;
import io.keylapse.registry.sql.Postgres;
import io.keylapse.registry.sql.SqlText;
import jakarta.inject.Singleton;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Pages of the blacklist, in either of two orders. Every page is read through an index from where the last one ended, so
 * it costs the same wherever it is, with one exception: see {@link #inOrderOfRecording}.
 */
@Singleton
public final class BlacklistHistory {
    private static final String BY_END = "e";
    private static final String BY_RECORDING = "r";
    private static final String COLUMNS = "key_id, version, owner, name, hint, reason, detail, ended_by, ended_at,"
            + " recorded_at, source, reinstated_at, position";

    private final Postgres postgres;

    BlacklistHistory(Postgres postgres) {
        this.postgres = postgres;
    }

    /**
     * Newest ending first.
     *
     * @throws InvalidInputException if the cursor is of another list
     */
    public Page<BlacklistEntry> newestFirst(BlacklistFilter filter, @Nullable Cursor cursor, int limit) {
        SqlText beyond = null;
        BlacklistFilter rest = filter;
        if (cursor != null) {
            Instant endedAt = cursor.expecting(BY_END, 3).instant(0);
            SqlText below =
                    SqlText.of("(ended_at, key_id, version) < (?, ?, ?)", endedAt, cursor.uuid(1), cursor.version(2));
            // One upper bound and no second, because Postgres might start at the later and walk all the way to the
            // other.
            if (filter.to() == null || endedAt.isBefore(filter.to())) {
                beyond = below;
                rest = filter.withoutTo();
            }
        }
        List<BlacklistEntry> found =
                merge(rest, beyond, " DESC", "ended_at DESC, key_id DESC, version DESC", limit + 1);
        return Page.of(
                found,
                limit,
                last -> Cursor.of(BY_END, last.endedAt(), last.keyId().value(), last.version()));
    }

    /**
     * Oldest recording first, and never past an entry that is still being committed. There is always a next page: who
     * asks for it later gets what was recorded meanwhile.
     *
     * <p>With {@code from} or {@code to} a page may look at everything that was recorded behind the cursor, or at all
     * that ended in that range, whichever Postgres takes for less: an entry may be recorded any time after its ending, so
     * no index is in both orders. Who follows the pages of a wide range to the end looks at each entry once, and later
     * pages look only at what is new.
     *
     * @throws InvalidInputException if the cursor is of another list
     */
    public Page<BlacklistEntry> inOrderOfRecording(BlacklistFilter filter, @Nullable Cursor cursor, int limit) {
        long after = cursor == null ? 0 : cursor.expecting(BY_RECORDING, 1).number(0);
        // In a statement before the rows are read, and so with a snapshot that is older than theirs.
        long horizon = postgres.queryFirst("SELECT blacklist_horizon()", row -> row.getLong(1))
                .orElseThrow();
        SqlText between = SqlText.of("position > ? AND position <= ?", after, horizon);
        List<BlacklistEntry> found = merge(filter, between, "", "position", limit);
        long next = found.size() < limit
                ? Math.max(after, horizon)
                : found.getLast().position();
        return new Page<>(found, Optional.of(Cursor.of(BY_RECORDING, next)));
    }

    private List<BlacklistEntry> merge(
            BlacklistFilter filter, @Nullable SqlText furtherCondition, String direction, String order, int limit) {
        List<SqlText> scans = filter.scans(furtherCondition)
                .map(where -> SqlText.of("(SELECT " + COLUMNS + " FROM blacklist")
                        .plus(where)
                        .plus(" ORDER BY " + filter.leading(direction) + order + " LIMIT ?)", limit))
                .toList();
        SqlText merged = SqlText.of("SELECT * FROM (")
                .plus(SqlText.join(" UNION ALL ", scans))
                .plus(") entries ORDER BY " + order + " LIMIT ?", limit);
        return postgres.query(
                merged.sql(), BlacklistHistory::read, merged.parameters().toArray());
    }

    private static BlacklistEntry read(ResultSet row) throws SQLException {
        UUID endedBy = row.getObject("ended_by", UUID.class);
        return new BlacklistEntry(
                new KeyId(row.getObject("key_id", UUID.class)),
                row.getInt("version"),
                row.getString("owner"),
                row.getString("name"),
                row.getString("hint"),
                KeyState.of(row.getString("reason")),
                row.getString("detail"),
                endedBy == null ? null : new ManagementKeyId(endedBy),
                Postgres.instant(row, "ended_at"),
                Postgres.instant(row, "recorded_at"),
                RecordingSource.of(row.getString("source")),
                Postgres.nullableInstant(row, "reinstated_at"),
                row.getLong("position"));
    }
}
