package io.keylapse.registry.migration;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Nodes of a version that cannot run beside this one, as far as they say in Postgres that they run. */
final class OlderNodes {
    /**
     * The latest migration that nodes without it cannot bear. The next one that changes what nodes agree on, such as locks
     * or the form of marks, goes here.
     */
    private static final int INCOMPATIBLE = 6;

    /** They say twice a second that they run, and a stopping one says that it leaves. A pause may be longer. */
    private static final Duration GONE_AFTER = Duration.ofSeconds(10);

    /** Only in the schema that is to be migrated: it is the first of the search path, and others may follow. */
    private static final String HAS_NODES = "SELECT to_regclass(quote_ident(current_schema()) || '.node') IS NOT NULL";

    /** Before migration 9 no node says what it knows, and those of this version run only after it. */
    private static final String RUNNING = """
            SELECT id, greatest(0, floor(extract(epoch FROM clock_timestamp() - seen_at)))::int
            FROM node
            WHERE seen_at > clock_timestamp() - ?::interval
              AND coalesce((to_jsonb(node) ->> 'knows')::int, 0) < ?
            ORDER BY since, id""";

    private OlderNodes() {}

    /**
     * Refuses to go on while one runs: to migrate what it needs, or to run beside it.
     *
     * @throws MigrationException that says which run, and what to do
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
                + String.join("; ", running) + "), which must not run beside this version, nor after migration "
                + INCOMPATIBLE + "; nothing was changed: stop all nodes and run this again. If they were killed, wait "
                + left
                + " s first: a node is taken for gone " + GONE_AFTER.toSeconds() + " s after it was last seen";
    }

    private static boolean hasNodes(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(HAS_NODES)) {
            return row.next() && row.getBoolean(1);
        }
    }
}
