package io.keylapse.registry.migration;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Detection of running nodes of an incompatible older version, by their heartbeats in Postgres. */
final class OlderNodes {
    /**
     * The latest migration that is incompatible with nodes that do not know it. Raise it with the next migration that
     * changes what nodes agree on, such as locks or the format of marks.
     */
    private static final int INCOMPATIBLE = 6;

    /** Nodes send a heartbeat once a second, and remove themselves when they stop. This allows for long pauses. */
    private static final Duration GONE_AFTER = Duration.ofSeconds(10);

    /** Looks only in the schema to migrate, the first of the search path. Other schemas may follow in the path. */
    private static final String HAS_NODES = "SELECT to_regclass(quote_ident(current_schema()) || '.node') IS NOT NULL";

    /** Without the column of migration 9 all nodes are older, because nodes of this version run only after it. */
    private static final String RUNNING = """
            SELECT id, greatest(0, floor(extract(epoch FROM clock_timestamp() - seen_at)))::int
            FROM node
            WHERE seen_at > clock_timestamp() - ?::interval
              AND coalesce((to_jsonb(node) ->> 'knows')::int, 0) < ?
            ORDER BY since, id""";

    private OlderNodes() {}

    /**
     * Refuses to migrate or to start while an incompatible node runs.
     *
     * @throws MigrationException naming these nodes, and what to do
     */
    static void refuse(Connection connection) throws SQLException {
        if (!hasNodes(connection)) {
            return;
        }
        var running = new ArrayList<String>();
        long lastSeen = GONE_AFTER.toSeconds();
        try (PreparedStatement statement = connection.prepareStatement(RUNNING)) {
            statement.setString(1, GONE_AFTER.toString());
            statement.setInt(2, INCOMPATIBLE);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    lastSeen = Math.min(lastSeen, rows.getInt(2));
                    running.add(rows.getString(1) + ", last seen " + rows.getInt(2) + " s ago");
                }
            }
        }
        if (!running.isEmpty()) {
            throw new MigrationException(words(running, GONE_AFTER.toSeconds() - lastSeen));
        }
    }

    private static String words(List<String> running, long left) {
        return running.size()
                + (running.size() == 1 ? " node of an earlier version runs (" : " nodes of an earlier version run (")
                + String.join("; ", running) + "); such nodes must not run beside this version, or after migration "
                + INCOMPATIBLE + "; nothing was changed: stop all nodes and run this again. If they were killed, wait "
                + left
                + " s first: a node counts as stopped " + GONE_AFTER.toSeconds() + " s after it was last seen";
    }

    private static boolean hasNodes(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(HAS_NODES)) {
            return row.next() && row.getBoolean(1);
        }
    }
}
