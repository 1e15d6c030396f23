package io.keylapse.registry;

import io.keylapse.key.KeyState;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.registry.sql.HeavyRead;
import io.keylapse.registry.sql.Postgres;
import io.keylapse.registry.sql.SqlText;
import io.keylapse.registry.sql.page.Cursor;
import io.keylapse.registry.sql.page.Page;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Keyset pagination of keys. Each page starts in an index where the previous page ended, so every page costs the same.
 *
 * <p>A filter on the state means the state now. Keys that are past their deadline but not recorded yet, normally a
 * handful, are found by their deadline and merged into the page.
 */
@Singleton
public final class KeyListing {
    private static final String BY_ISSUE = "i";
    private static final String BY_DEADLINE = "d";
    private static final String BY_NAME = "m";

    private static final String NARROW = "give more of the name or hint, or leave out owner and state";

    /** The greatest character. Appended to a prefix, it gives the upper bound of all names with that prefix. */
    private static final String GREATEST = new String(Character.toChars(Character.MAX_CODE_POINT));

    private final Postgres postgres;

    KeyListing(Postgres postgres) {
        this.postgres = postgres;
    }

    /**
     * A filter of keys; null for no restriction.
     *
     * @param name prefix of the name; the keys are then in the order of names
     * @param hint the whole hint, as shown
     * @param expiresBefore only active keys with a deadline before it, soonest first
     */
    public record Filter(
            @Nullable String owner,
            @Nullable KeyState state,
            @Nullable String name,
            @Nullable String hint,
            @Nullable Instant expiresBefore) {
        public Filter {
            if (expiresBefore != null && state != null && state != KeyState.ACTIVE) {
                throw new InvalidInputException("state", "must be active or absent with expiresBefore");
            }
            if (expiresBefore != null && (name != null || hint != null)) {
                throw new InvalidInputException("expiresBefore", "cannot be combined with name or hint");
            }
        }
    }

    /**
     * The page after the cursor, or the first page without one.
     *
     * @throws InvalidInputException if the cursor belongs to another list
     */
    public Page<KeyRecord> page(Filter filter, @Nullable Cursor cursor, int limit) {
        if (filter.hint() != null || filter.name() != null) {
            return found(filter, cursor, limit);
        }
        return filter.expiresBefore() == null ? byIssue(filter, cursor, limit) : byDeadline(filter, cursor, limit);
    }

    /** In the order of names, through the index on names or on hints. The other conditions filter what the index finds. */
    private Page<KeyRecord> found(Filter filter, @Nullable Cursor cursor, int limit) {
        @Nullable
        UUID after = cursor == null ? null : cursor.expecting(BY_NAME, 1).uuid(0);
        String name = filter.name();
        SqlText query = selectKeys("api_key")
                .plus(SqlText.where(
                        SqlText.when(filter.hint(), "hint = ?"),
                        name == null
                                ? null
                                : SqlText.of(
                                        "name COLLATE \"C\" >= ? AND name COLLATE \"C\" < ?", name, name + GREATEST),
                        SqlText.when(filter.owner(), "owner = ?"),
                        filter.state() == null ? null : isNow(filter.state()),
                        after == null
                                ? null
                                : SqlText.of(
                                        "(name COLLATE \"C\", id) > ((SELECT name FROM api_key WHERE id = ?), ?)",
                                        after,
                                        after)))
                .plus(" ORDER BY name COLLATE \"C\", id LIMIT ?", limit + 1);
        // Of a million keys with one name, few may have that owner or state; then the query reads them all.
        List<KeyRecord> found = filter.owner() == null && filter.state() == null
                ? read(query)
                : HeavyRead.of(name == null ? "hint" : "name", NARROW, () -> read(query));
        return Page.of(found, limit, last -> Cursor.of(BY_NAME, last.id().value()));
    }

    /** The condition that a key is in this state now, whether or not that is recorded. */
    private static SqlText isNow(KeyState state) {
        return switch (state) {
            case ACTIVE -> SqlText.of("state = 'active' AND (expires_at IS NULL OR expires_at > now())");
            case REVOKED -> SqlText.of("state = 'revoked'");
            case EXPIRED, ROTATED ->
                SqlText.of(
                        "(state = ? OR (state = 'active' AND expires_at <= now() AND end_reason = ?))",
                        state.word(),
                        state.word());
        };
    }

    private Page<KeyRecord> byDeadline(Filter filter, @Nullable Cursor cursor, int limit) {
        // A single lower bound: with two, Postgres might start the scan at the lesser and read all rows up to the
        // other.
        SqlText beyond = cursor == null
                ? SqlText.of("expires_at > now()")
                : SqlText.of(
                        "(expires_at, id) > (greatest(?, now()), ?)",
                        cursor.expecting(BY_DEADLINE, 2).instant(0),
                        cursor.uuid(1));
        SqlText query = selectKeys("api_key")
                .plus(SqlText.where(
                        SqlText.led("owner", filter.owner()),
                        SqlText.of("state = 'active'"),
                        SqlText.when(filter.expiresBefore(), "expires_at < ?"),
                        beyond))
                .plus(" ORDER BY " + (filter.owner() == null ? "" : "owner, "))
                .plus("expires_at, id LIMIT ?", limit + 1);
        return Page.of(
                read(query),
                limit,
                last -> Cursor.of(
                        BY_DEADLINE,
                        Objects.requireNonNull(last.term().expiresAt()),
                        last.id().value()));
    }

    private Page<KeyRecord> byIssue(Filter filter, @Nullable Cursor cursor, int limit) {
        @Nullable
        UUID after = cursor == null ? null : cursor.expecting(BY_ISSUE, 1).uuid(0);
        var sources = new ArrayList<SqlText>();
        if (filter.state() == null && filter.owner() == null) {
            sources.add(ordered(SqlText.where(SqlText.when(after, "id < ?")), "id DESC", limit));
        } else {
            statesToScan(filter.state())
                    .map(state -> scan(filter, state, after, limit))
                    .forEach(sources::add);
            if (filter.state() == KeyState.EXPIRED || filter.state() == KeyState.ROTATED) {
                sources.add(overdue(filter, filter.state(), after, limit));
            }
        }
        SqlText merged = selectKeys("(")
                .plus(SqlText.join(" UNION ALL ", sources))
                .plus(") keys ORDER BY id DESC LIMIT ?", limit + 1);
        return Page.of(
                read(merged), limit, last -> Cursor.of(BY_ISSUE, last.id().value()));
    }

    /** One ordered scan for each state, because the index on (owner, state, id) serves them all. */
    private static Stream<KeyState> statesToScan(@Nullable KeyState wanted) {
        return wanted == null ? Stream.of(KeyState.values()) : Stream.of(wanted);
    }

    private static SqlText scan(Filter filter, KeyState state, @Nullable UUID after, int limit) {
        return ordered(
                SqlText.where(
                        SqlText.led("owner", filter.owner()),
                        filter.owner() == null
                                ? SqlText.led("state", state.word())
                                : SqlText.of("state = ?", state.word()),
                        SqlText.when(after, "id < ?"),
                        filter.state() == KeyState.ACTIVE
                                ? SqlText.of("(expires_at IS NULL OR expires_at > now())")
                                : null),
                filter.owner() == null ? "state DESC, id DESC" : "owner DESC, state DESC, id DESC",
                limit);
    }

    /** Keys past their deadline but not recorded. MATERIALIZED, so that Postgres finds them by deadline, then sorts them. */
    private static SqlText overdue(Filter filter, KeyState state, @Nullable UUID after, int limit) {
        SqlText due = SqlText.of("SELECT " + KeyTable.COLUMNS + " FROM api_key")
                .plus(SqlText.where(
                        SqlText.of("state = 'active'"),
                        SqlText.of("expires_at <= now()"),
                        SqlText.when(filter.owner(), "owner = ?")))
                .plus(" ORDER BY expires_at");
        return due.prefixed("(WITH overdue AS MATERIALIZED (")
                .plus(") SELECT " + KeyTable.COLUMNS + " FROM overdue")
                .plus(SqlText.where(SqlText.of("end_reason = ?", state.word()), SqlText.when(after, "id < ?")))
                .plus(" ORDER BY id DESC LIMIT ?)", limit + 1);
    }

    private static SqlText ordered(SqlText where, String order, int limit) {
        return SqlText.of("(SELECT " + KeyTable.COLUMNS + " FROM api_key")
                .plus(where)
                .plus(" ORDER BY " + order + " LIMIT ?)", limit + 1);
    }

    private static SqlText selectKeys(String from) {
        return SqlText.of("SELECT " + KeyTable.COLUMNS + ", now() AS read_at FROM " + from);
    }

    private List<KeyRecord> read(SqlText query) {
        return postgres.query(query.sql(), KeyRow::read, query.parameters().toArray());
    }
}
