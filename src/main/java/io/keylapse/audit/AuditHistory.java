package io.keylapse.audit;

import io.keylapse.audit.AuditFilter.Outcome;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.registry.audit.AuditEntry;
import io.keylapse.registry.audit.AuditId;
import io.keylapse.registry.sql.Columns;
import io.keylapse.registry.sql.Postgres;
import io.keylapse.registry.sql.SqlText;
import io.keylapse.registry.sql.page.Cursor;
import io.keylapse.registry.sql.page.Page;
import jakarta.inject.Singleton;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Pages of the audit trail, newest first. One filter has an index, which is read in order. Further filters are applied to
 * what it finds, to at most {@value #MAX_SCANNED} entries for each page. A page with further filters may therefore have
 * fewer entries than its limit, even none, and still a next page.
 */
@Singleton
public final class AuditHistory {
    private static final String NEWEST_FIRST = "a";
    private static final int MAX_SCANNED = 5_000;
    private static final String COLUMNS =
            "id, at, count, actor, actor_name, action, target, changes, outcome, code, address, request_id";

    private final Postgres postgres;

    AuditHistory(Postgres postgres) {
        this.postgres = postgres;
    }

    /**
     * A filter that leads an index.
     *
     * @param column the first column of the index
     * @param condition null for the primary key
     */
    private record Lead(@Nullable String column, @Nullable SqlText condition) {
        String order() {
            return " ORDER BY " + (column == null ? "" : column + " DESC, ") + "id DESC";
        }
    }

    /**
     * Reads a page.
     *
     * @throws InvalidInputException if the cursor belongs to another list
     */
    public Page<AuditEntry> newestFirst(AuditFilter filter, @Nullable Cursor cursor, int limit) {
        Lead lead = lead(filter);
        SqlText range = SqlText.and(lead.condition, below(filter, cursor), from(filter));
        SqlText rest = rest(filter, lead);
        SqlText scan = SqlText.of("SELECT " + COLUMNS + " FROM audit").plus(SqlText.where(range));
        if (rest == null) {
            return Page.of(read(scan.plus(lead.order() + " LIMIT ?", limit + 1)), limit, AuditHistory::after);
        }
        List<AuditEntry> found = read(SqlText.of("SELECT * FROM (")
                .plus(scan.plus(lead.order() + " LIMIT ?", MAX_SCANNED))
                .plus(") scanned")
                .plus(SqlText.where(rest))
                .plus(lead.order() + " LIMIT ?", limit + 1));
        return found.size() > limit
                ? Page.of(found, limit, AuditHistory::after)
                : new Page<>(found, endOfScan(lead, range));
    }

    /** Whether a page with this filter may read many more entries than it returns. */
    public static boolean isHeavy(AuditFilter filter) {
        return rest(filter, lead(filter)) != null;
    }

    /** The most selective filter that has an index. */
    private static Lead lead(AuditFilter filter) {
        if (filter.target() != null) {
            return new Lead("target", SqlText.led("target", filter.target()));
        }
        if (filter.actor() != null) {
            return new Lead("actor", SqlText.led("actor", filter.actor()));
        }
        if (filter.action() != null) {
            return new Lead("action", SqlText.led("action", filter.action().word()));
        }
        // A literal, because the index is partial.
        return filter.outcome() == Outcome.REFUSED
                ? new Lead("outcome", SqlText.of("outcome = ANY ('{refused}')"))
                : new Lead(null, null);
    }

    /** The filters that the index of the lead does not have; null if there are none. */
    private static @Nullable SqlText rest(AuditFilter filter, Lead lead) {
        return SqlText.and(
                "target".equals(lead.column) ? SqlText.when(filter.actor(), "actor = ?") : null,
                filter.action() == null || "action".equals(lead.column)
                        ? null
                        : SqlText.of("action = ?", filter.action().word()),
                filter.outcome() == null || "outcome".equals(lead.column)
                        ? null
                        : SqlText.of(filter.outcome() == Outcome.DONE ? "outcome = 'done'" : "outcome = 'refused'"));
    }

    /** Only one upper bound. With two, Postgres may start the scan at the later one. */
    private static @Nullable SqlText below(AuditFilter filter, @Nullable Cursor cursor) {
        UUID end = filter.to() == null ? null : AuditId.firstAt(filter.to());
        if (cursor != null) {
            UUID last = cursor.expecting(NEWEST_FIRST, 1).uuid(0);
            // Postgres compares ids as bytes, and so do their texts.
            if (end == null || last.toString().compareTo(end.toString()) < 0) {
                end = last;
            }
        }
        return SqlText.when(end, "id < ?");
    }

    private static @Nullable SqlText from(AuditFilter filter) {
        return SqlText.when(filter.from() == null ? null : AuditId.firstAt(filter.from()), "id >= ?");
    }

    /** The last entry that was scanned for a page, if there may be more behind it. */
    private Optional<Cursor> endOfScan(Lead lead, @Nullable SqlText range) {
        SqlText query = SqlText.of("SELECT id FROM audit")
                .plus(SqlText.where(range))
                .plus(lead.order() + " OFFSET ? LIMIT 1", MAX_SCANNED - 1);
        return postgres.queryFirst(
                        query.sql(),
                        row -> row.getObject(1, UUID.class),
                        query.parameters().toArray())
                .map(id -> Cursor.of(NEWEST_FIRST, id));
    }

    private static Cursor after(AuditEntry last) {
        return Cursor.of(NEWEST_FIRST, last.id().value());
    }

    private List<AuditEntry> read(SqlText query) {
        return postgres.query(
                query.sql(), AuditHistory::read, query.parameters().toArray());
    }

    private static AuditEntry read(ResultSet row) throws SQLException {
        Array changes = row.getArray("changes");
        return new AuditEntry(
                new AuditId(row.getObject("id", UUID.class)),
                Columns.instant(row, "at"),
                row.getInt("count"),
                row.getString("actor"),
                row.getString("actor_name"),
                row.getString("action"),
                row.getString("target"),
                List.of((String[]) changes.getArray()),
                row.getString("code"),
                row.getString("address"),
                row.getString("request_id"));
    }
}
