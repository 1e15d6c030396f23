package io.keylapse.expiry;

import io.keylapse.registry.migration.SchemaVersion;
import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;

/** Table {@code node}: the nodes that receive the expired events of Redis. */
@Singleton
public final class NodeTable {
    /** Time without a report after which a node counts as gone. */
    public static final Duration GONE_AFTER = Duration.ofMillis(2_500);

    // The second part does not see the row that the first one writes.
    private static final String GREET = """
            WITH greeted AS (
                INSERT INTO node (id, seen_at, knows) VALUES (?, clock_timestamp(),\s""" + SchemaVersion.LATEST + """
            )
                ON CONFLICT (id) DO UPDATE SET seen_at = EXCLUDED.seen_at
                RETURNING id, since
            )
            SELECT id FROM (
                SELECT id, since FROM greeted
                UNION ALL
                SELECT id, since FROM node WHERE id <> ? AND seen_at > clock_timestamp() - ?::interval
            ) present
            ORDER BY since, id""";

    private static final String PRESENT =
            "SELECT id FROM node WHERE seen_at > clock_timestamp() - ?::interval ORDER BY since, id";

    private static final String LEAVE =
            "DELETE FROM node WHERE id = ? OR seen_at < clock_timestamp() - interval '1 hour'";

    private final Postgres postgres;

    NodeTable(Postgres postgres) {
        this.postgres = postgres;
    }

    /** Reports that this node receives events; returns {@link #present}. */
    public List<UUID> greet(UUID self) {
        return postgres.query(GREET, NodeTable::id, self, self, GONE_AFTER.toString());
    }

    /** Nodes that receive events, the one that has done so for longest first. */
    public List<UUID> present() {
        return postgres.query(PRESENT, NodeTable::id, GONE_AFTER.toString());
    }

    /** Removes this node, and those that have not reported for an hour. */
    public void leave(UUID self) {
        postgres.update(LEAVE, self);
    }

    private static UUID id(ResultSet row) throws SQLException {
        return row.getObject(1, UUID.class);
    }
}
