package io.keylapse.registry.usage;

import io.keylapse.registry.sql.Columns;
import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * Tables {@code usage_recorder} and {@code usage_known}: which nodes record uses, and since when all uses are known.
 *
 * <p>That instant moves to now whenever a use may have been lost: a node says so, has not reported for so long that it may
 * have died with uses in memory, or is of a version that does not record them. It never moves back.
 */
@Singleton
public final class RecorderTable {
    /** The migration from which on nodes record uses. */
    public static final int SINCE_MIGRATION = 12;

    private static final String REPORT = """
            WITH lost AS (
                DELETE FROM usage_recorder WHERE node <> ? AND seen_at < clock_timestamp() - ?::interval RETURNING node
            ), greeted AS (
                INSERT INTO usage_recorder (node, seen_at) VALUES (?, clock_timestamp())
                ON CONFLICT (node) DO UPDATE SET seen_at = EXCLUDED.seen_at
            )
            UPDATE usage_known SET since = clock_timestamp()
            WHERE ? OR since IS NULL OR EXISTS (SELECT FROM lost)
                OR EXISTS (SELECT FROM node WHERE seen_at > clock_timestamp() - interval '10 seconds'
                    AND knows <\s""" + SINCE_MIGRATION + ")";

    private static final String LEAVE = "DELETE FROM usage_recorder WHERE node = ?";

    private static final String KNOWN_SINCE = "SELECT since FROM usage_known WHERE since IS NOT NULL";

    private final Postgres postgres;

    RecorderTable(Postgres postgres) {
        this.postgres = postgres;
    }

    /**
     * Reports that this node records uses.
     *
     * @param gap whether it may have missed a use since its last report
     * @param goneAfter time without a report after which another node counts as lost
     */
    void report(UUID self, boolean gap, Duration goneAfter) {
        postgres.update(REPORT, self, goneAfter.toString(), self, gap);
    }

    /** Removes this node, which has written everything. */
    void leave(UUID self) {
        postgres.update(LEAVE, self);
    }

    /** Since when all uses are known, except the latest; empty if they never were. */
    public Optional<Instant> knownSince() {
        return postgres.queryFirst(KNOWN_SINCE, row -> Columns.instant(row, 1));
    }
}
