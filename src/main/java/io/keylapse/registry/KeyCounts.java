package io.keylapse.registry;

import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How many keys there are. Up to {@value #MAX_COUNTED} they are counted, by an index alone; beyond that the planner of
 * Postgres says about how many it expects, which its statistics make true within a few per cent, and at once.
 */
@Singleton
public final class KeyCounts {
    /** So many are counted within some 20 ms. */
    static final int MAX_COUNTED = 100_000;

    private static final String ACTIVE = "SELECT FROM api_key WHERE state = 'active'";
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
        // Two stretches of the index by deadline, at one moment: nothing can be recorded between them.
        return count(ACTIVE + " AND expires_at > now() UNION ALL " + ACTIVE + " AND expires_at IS NULL");
    }

    /** Live keys whose deadline is at most so far away. */
    public Count expiringWithin(Duration time) {
        return count(ACTIVE + " AND expires_at > now() AND expires_at <= now() + interval '" + time.toSeconds()
                + " seconds'");
    }

    private Count count(String keys) {
        long counted = postgres.queryFirst(
                        "SELECT count(*) FROM (" + keys + " LIMIT " + (MAX_COUNTED + 1) + ") counted",
                        row -> row.getLong(1))
                .orElseThrow();
        return counted <= MAX_COUNTED ? new Count(counted, true) : new Count(Math.max(counted, estimate(keys)), false);
    }

    private long estimate(String keys) {
        String plan = postgres.queryFirst("EXPLAIN (FORMAT JSON) " + keys, row -> row.getString(1))
                .orElseThrow();
        Matcher rows = PLAN_ROWS.matcher(plan);
        return rows.find() ? Long.parseLong(rows.group(1)) : 0;
    }
}
