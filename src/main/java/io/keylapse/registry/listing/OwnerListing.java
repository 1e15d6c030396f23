package io.keylapse.registry.listing;

import io.keylapse.key.input.InvalidInputException;
import io.keylapse.registry.sql.Columns;
import io.keylapse.registry.sql.HeavyRead;
import io.keylapse.registry.sql.Postgres;
import io.keylapse.registry.sql.SqlText;
import io.keylapse.registry.sql.page.Cursor;
import io.keylapse.registry.sql.page.Page;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The owners of keys. They have no table: they are read from the index of keys by owner, from one owner to the next, however
 * many keys each has.
 */
@Singleton
public final class OwnerListing {
    private static final String BY_OWNER = "w";

    /** Up to this many active keys of an owner are counted for a list. */
    public static final int COUNTED_IN_LISTS = 1_000;

    /** Up to this many keys of an owner in one state are counted. That reads an index for about 20 ms. */
    public static final int COUNTED = 100_000;

    private static final String ACTIVE = "state = 'active' AND (expires_at IS NULL OR expires_at > now())";

    private static final String NEXT_EXPIRY = "(SELECT min(expires_at) FROM api_key"
            + " WHERE owner = named.owner AND state = 'active' AND expires_at > now())";

    private static final String COUNT_ACTIVE =
            "(SELECT count(*) FROM (SELECT FROM api_key WHERE owner = named.owner AND " + ACTIVE
                    + " LIMIT %s) counted)";

    private static final String COUNT_ENDED = "(SELECT count(*) FROM (SELECT FROM api_key WHERE owner = named.owner"
            + " AND state = '%s' UNION ALL SELECT FROM api_key WHERE owner = named.owner AND state = 'active'"
            + " AND expires_at <= now() AND end_reason = '%s' LIMIT " + (COUNTED + 1) + ") counted)";

    private static final String ONE = "SELECT owner, " + COUNT_ACTIVE.replace("%s", String.valueOf(COUNTED + 1)) + ", "
            + COUNT_ENDED.replace("%s", "expired") + ", "
            + "(SELECT count(*) FROM (SELECT FROM api_key WHERE owner = named.owner AND state = 'revoked' LIMIT "
            + (COUNTED + 1) + ") counted), "
            + COUNT_ENDED.replace("%s", "rotated") + ", " + NEXT_EXPIRY + " FROM (SELECT ?::text AS owner) named";

    private final Postgres postgres;

    OwnerListing(Postgres postgres) {
        this.postgres = postgres;
    }

    /** An owner in a list. {@code active} is at most {@link #COUNTED_IN_LISTS} + 1, which means more. */
    public record Owner(String name, int active, @Nullable Instant nextExpiry) {}

    /** All about one owner. Each number is at most {@link #COUNTED} + 1, which means more. */
    public record Summary(
            String name,
            int active,
            int expired,
            int revoked,
            int rotated,
            @Nullable Instant nextExpiry) {
        /** Whether there is any key. */
        boolean exists() {
            return active + expired + revoked + rotated > 0;
        }
    }

    /**
     * The page of owners after the cursor, or the first page without one.
     *
     * @param part a part of the owner in any case; null for all
     * @throws InvalidInputException if the cursor belongs to another list, or if reading takes too long
     */
    public Page<Owner> page(@Nullable String part, @Nullable Cursor cursor, int limit) {
        @Nullable String after = cursor == null ? null : text(cursor.expecting(BY_OWNER, 1));
        SqlText query = SqlText.of("SELECT owner, " + COUNT_ACTIVE.replace("%s", String.valueOf(COUNTED_IN_LISTS + 1))
                        + ", " + NEXT_EXPIRY + " FROM (WITH RECURSIVE next AS (SELECT min(owner) AS owner FROM api_key")
                .plus(SqlText.where(SqlText.when(after, "owner > ?")))
                .plus(" UNION ALL SELECT (SELECT min(owner) FROM api_key WHERE owner > next.owner) FROM next"
                        + " WHERE next.owner IS NOT NULL) SELECT owner FROM next WHERE owner IS NOT NULL")
                .plus(part == null ? SqlText.of("") : SqlText.of(" AND owner COLLATE \"C\" ~ ?", AnyCase.pattern(part)))
                .plus(" LIMIT ?) named ORDER BY owner", limit + 1);
        List<Owner> found = HeavyRead.of(
                "q",
                "give the whole owner",
                () -> postgres.query(
                        query.sql(),
                        row -> new Owner(row.getString(1), row.getInt(2), Columns.nullableInstant(row, 3)),
                        query.parameters().toArray()));
        return Page.of(found, limit, last -> Cursor.of(BY_OWNER, encoded(last.name())));
    }

    /** All about one owner; empty if it has no key. */
    public Optional<Summary> find(String owner) {
        return postgres.queryFirst(
                        ONE,
                        row -> new Summary(
                                row.getString(1),
                                row.getInt(2),
                                row.getInt(3),
                                row.getInt(4),
                                row.getInt(5),
                                Columns.nullableInstant(row, 6)),
                        owner)
                .filter(Summary::exists);
    }

    /** An owner may contain what separates the values of a cursor. */
    private static String encoded(String owner) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(owner.getBytes(StandardCharsets.UTF_8));
    }

    private static String text(Cursor cursor) {
        try {
            String owner =
                    new String(Base64.getUrlDecoder().decode(cursor.values().getFirst()), StandardCharsets.UTF_8);
            if (owner.indexOf('\0') < 0) {
                return owner;
            }
        } catch (IllegalArgumentException e) {
            // Refused below.
        }
        throw new InvalidInputException("cursor", "must be a value of next from a page of this list");
    }
}
