package io.keylapse.registry;

import io.keylapse.registry.sql.Postgres;
import io.keylapse.registry.sql.SqlText;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Number of keys: exact up to {@value #MAX_COUNTED}, estimated beyond. Exact counts read only an index. Estimates are the
 * row count that Postgres's planner expects; they take no scan, and are accurate to within a few per cent.
 */
@Singleton
public final class KeyCounts {
    /** Counting this many takes about 20 ms. */
    static final int MAX_COUNTED = 100_000;

    private static final String ACTIVE = "SELECT FROM api_key WHERE state = 'active'";

    // Two ranges of the index by deadline, in one statement and so in one snapshot: no key is missed or counted twice.
    private static final String LIVE =
            ACTIVE + " AND expires_at > now() UNION ALL " + ACTIVE + " AND expires_at IS NULL";

    private static final String COUNT = "SELECT count(*) FROM (%s LIMIT " + (MAX_COUNTED + 1) + ") counted";

    private static final Pattern PLAN_ROWS = Pattern.compile("\"Plan Rows\":\\s*([0-9]+)");

    private final Postgres postgres;

    KeyCounts(Postgres postgres) {
        this.postgres = postgres;
    }

    /**
     * A number of keys.
     *
     * @param exact false if it is an estimate
     */
    public record Count(long keys, boolean exact) {}

    /** Keys that have not ended. */
    public Count live() {
        return count(LIVE);
    }

    /** Live keys whose deadline is at most {@code time} away. */
    public Count expiringWithin(Duration time) {
        return count(ACTIVE + " AND expires_at > now() AND expires_at <= now() + interval '" + time.toSeconds()
                + " seconds'");
    }

    private Count count(String keys) {
        long counted = postgres.queryFirst(COUNT.replace("%s", keys), row -> row.getLong(1))
                .orElseThrow();
        return counted <= MAX_COUNTED
                ? new Count(counted, true)
                : new Count(Math.max(counted, estimate(SqlText.of(keys))), false);
    }

    /** The number of rows of a query that Postgres's planner expects. */
    public long estimate(SqlText query) {
        String plan = postgres.queryFirst(
                        "EXPLAIN (FORMAT JSON) " + query.sql(),
                        row -> row.getString(1),
                        query.parameters().toArray())
                .orElseThrow();
        Matcher rows = PLAN_ROWS.matcher(plan);
        return rows.find() ? Long.parseLong(rows.group(1)) : 0;
    }
}
