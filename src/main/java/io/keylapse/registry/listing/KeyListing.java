package io.keylapse.registry.listing;

import io.keylapse.key.KeyId;
import io.keylapse.key.KeyState;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.registry.KeyRecord;
import io.keylapse.registry.KeyRow;
import io.keylapse.registry.KeyTable;
import io.keylapse.registry.sql.HeavyRead;
import io.keylapse.registry.sql.Postgres;
import io.keylapse.registry.sql.SqlText;
import io.keylapse.registry.sql.page.Cursor;
import io.keylapse.registry.sql.page.Page;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Keyset pagination of keys. Each page starts in an index where the previous page ended, so every page costs the same. Parts
 * of texts and scopes have no index: they filter what the index finds, as a heavy read with a time limit.
 *
 * <p>A filter on the state means the state now. Keys that are past their deadline but not recorded yet, normally a
 * handful, are found by their deadline and merged into the page.
 */
@Singleton
public final class KeyListing {
    /** How to narrow a list that takes too long. */
    public static final String NARROW = "add an owner, or a range of deadlines";

    private static final String NEWEST_FIRST = "i";
    private static final String OLDEST_FIRST = "j";
    private static final String BY_NAME = "m";

    private final Postgres postgres;

    KeyListing(Postgres postgres) {
        this.postgres = postgres;
    }

    /**
     * The page after the cursor, or the first page without one, in the order of the filter. Its usual order is by deadline,
     * soonest first, with a range of deadlines; by name with a name or hint and no such range; otherwise newest first.
     *
     * @throws InvalidInputException if the cursor belongs to another list, or if reading takes too long
     */
    public Page<KeyRecord> page(KeyFilter filter, @Nullable Cursor cursor, int limit) {
        return switch (filter.order()) {
            case EXACT ->
                new Page<>(read(filter, selectKeys("api_key").plus(SqlText.where(filter.all()))), Optional.empty());
            case NAME -> byName(filter, cursor, limit);
            case DEADLINE -> byDeadline(filter, cursor, limit);
            case ISSUE -> byIssue(filter, cursor, limit);
        };
    }

    /**
     * Up to {@code limit} keys that match, newest first, whatever the filter: a change of a key does not move it in this
     * order.
     *
     * @param before only keys with a lesser id; null for all
     * @throws InvalidInputException if reading takes too long
     */
    public List<KeyRecord> newestFirst(KeyFilter filter, @Nullable KeyId before, int limit) {
        SqlText query = filter.order() == KeyFilter.Order.ISSUE
                ? issued(filter, before == null ? null : SqlText.of("id < ?", before.value()), limit)
                : selectKeys("api_key").plus(matching(filter, before)).plus(" ORDER BY id DESC LIMIT ?", limit);
        return HeavyRead.of("filter", NARROW, () -> read(query));
    }

    /**
     * The number of keys that match.
     *
     * @param before only keys with a lesser id; null for all
     * @throws InvalidInputException if counting takes too long
     */
    public long count(KeyFilter filter, @Nullable KeyId before) {
        SqlText query = SqlText.of("SELECT count(*) FROM api_key").plus(matching(filter, before));
        return HeavyRead.of(
                "filter",
                NARROW,
                () -> postgres.queryFirst(
                                query.sql(),
                                row -> row.getLong(1),
                                query.parameters().toArray())
                        .orElseThrow());
    }

    private static SqlText matching(KeyFilter filter, @Nullable KeyId before) {
        return SqlText.where(filter.all(), SqlText.when(before == null ? null : before.value(), "id < ?"));
    }

    /** Through the index on names or on hints. Of a million keys with one name, few may have that owner or state. */
    private Page<KeyRecord> byName(KeyFilter filter, @Nullable Cursor cursor, int limit) {
        @Nullable
        UUID after = cursor == null ? null : cursor.expecting(BY_NAME, 1).uuid(0);
        SqlText query = selectKeys("api_key")
                .plus(SqlText.where(
                        filter.all(),
                        after == null
                                ? null
                                : SqlText.of(
                                        "(name COLLATE \"C\", id) > ((SELECT name FROM api_key WHERE id = ?), ?)",
                                        after,
                                        after)))
                .plus(" ORDER BY name COLLATE \"C\", id LIMIT ?", limit + 1);
        return Page.of(
                read(filter, query), limit, last -> Cursor.of(BY_NAME, last.id().value()));
    }

    private Page<KeyRecord> byDeadline(KeyFilter filter, @Nullable Cursor cursor, int limit) {
        DeadlineOrder order = filter.isDescending() ? DeadlineOrder.DESCENDING : DeadlineOrder.ASCENDING;
        return Page.of(
                read(filter, merged(order.sources(filter, cursor, limit + 1), order.columns(), limit + 1)),
                limit,
                order::cursorAt);
    }

    private Page<KeyRecord> byIssue(KeyFilter filter, @Nullable Cursor cursor, int limit) {
        String kind = filter.isDescending() ? NEWEST_FIRST : OLDEST_FIRST;
        SqlText after = cursor == null
                ? null
                : SqlText.of(
                        filter.isDescending() ? "id < ?" : "id > ?",
                        cursor.expecting(kind, 1).uuid(0));
        return Page.of(
                read(filter, issued(filter, after, limit + 1)),
                limit,
                last -> Cursor.of(kind, last.id().value()));
    }

    private static SqlText issued(KeyFilter filter, @Nullable SqlText after, int rows) {
        var sources = new ArrayList<SqlText>();
        if (filter.state() == null && filter.owner() == null) {
            sources.add(ordered(SqlText.where(after, filter.rest()), byId(filter), rows));
        } else {
            statesToScan(filter.state())
                    .map(state -> scan(filter, state, after, rows))
                    .forEach(sources::add);
            if (filter.state() == KeyState.EXPIRED || filter.state() == KeyState.ROTATED) {
                sources.add(overdue(filter, filter.state(), after, rows));
            }
        }
        return merged(sources, byId(filter), rows);
    }

    private static SqlText merged(List<SqlText> sources, String columns, int rows) {
        return selectKeys("(")
                .plus(SqlText.join(" UNION ALL ", sources))
                .plus(") keys ORDER BY " + columns + " LIMIT ?", rows);
    }

    private static String byId(KeyFilter filter) {
        return "id" + direction(filter);
    }

    private static String direction(KeyFilter filter) {
        return filter.isDescending() ? " DESC" : "";
    }

    /** One ordered scan for each state, because the index on (owner, state, id) serves them all. */
    private static Stream<KeyState> statesToScan(@Nullable KeyState wanted) {
        return wanted == null ? Stream.of(KeyState.values()) : Stream.of(wanted);
    }

    private static SqlText scan(KeyFilter filter, KeyState state, @Nullable SqlText after, int rows) {
        String byState = "state" + direction(filter) + ", " + byId(filter);
        return ordered(
                SqlText.where(
                        SqlText.led("owner", filter.owner()),
                        filter.owner() == null
                                ? SqlText.led("state", state.word())
                                : SqlText.of("state = ?", state.word()),
                        after,
                        filter.state() == KeyState.ACTIVE ? filter.inState() : null,
                        filter.rest()),
                filter.owner() == null ? byState : "owner" + direction(filter) + ", " + byState,
                rows);
    }

    /** Keys past their deadline but not recorded. MATERIALIZED, so that Postgres finds them by deadline, then sorts them. */
    private static SqlText overdue(KeyFilter filter, KeyState state, @Nullable SqlText after, int rows) {
        SqlText due = SqlText.of("SELECT " + KeyTable.COLUMNS + " FROM api_key")
                .plus(SqlText.where(
                        SqlText.of("state = 'active'"),
                        SqlText.of("expires_at <= now()"),
                        SqlText.when(filter.owner(), "owner = ?"),
                        filter.rest()))
                .plus(" ORDER BY expires_at");
        return due.prefixed("(WITH overdue AS MATERIALIZED (")
                .plus(") SELECT " + KeyTable.COLUMNS + " FROM overdue")
                .plus(SqlText.where(SqlText.of("end_reason = ?", state.word()), after))
                .plus(" ORDER BY " + byId(filter) + " LIMIT ?)", rows);
    }

    private static SqlText ordered(SqlText where, String order, int rows) {
        return SqlText.of("(SELECT " + KeyTable.COLUMNS + " FROM api_key")
                .plus(where)
                .plus(" ORDER BY " + order + " LIMIT ?)", rows);
    }

    private static SqlText selectKeys(String from) {
        return SqlText.of("SELECT " + KeyTable.COLUMNS + ", now() AS read_at FROM " + from);
    }

    private List<KeyRecord> read(KeyFilter filter, SqlText query) {
        String reading = filter.reading();
        return reading == null ? read(query) : HeavyRead.of(reading, NARROW, () -> read(query));
    }

    private List<KeyRecord> read(SqlText query) {
        return postgres.query(query.sql(), KeyRow::read, query.parameters().toArray());
    }
}
