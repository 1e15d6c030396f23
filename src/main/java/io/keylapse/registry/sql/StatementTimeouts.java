package io.keylapse.registry.sql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import org.postgresql.PGConnection;

/**
 * The two timeouts of a statement. The first cancels a slow statement and keeps the connection. The second, a second later,
 * closes a dead connection, from which no response to the cancellation comes; the pool resets it when the connection is
 * returned.
 */
final class StatementTimeouts {
    private StatementTimeouts() {}

    /** Sets the timeouts of a statement. The first is {@code patience}, rounded up to whole seconds. */
    static void set(PreparedStatement statement, Duration patience) throws SQLException {
        int seconds = wholeSeconds(patience);
        statement.setQueryTimeout(seconds);
        closeAfter(seconds, statement.getConnection());
    }

    /**
     * Sets the timeouts of statements that a repository sends. They stay with the connection; every other statement sets its
     * own.
     */
    static void set(Connection connection, Duration patience) throws SQLException {
        int seconds = wholeSeconds(patience);
        connection.unwrap(PGConnection.class).setQueryTimeout(seconds);
        closeAfter(seconds, connection);
    }

    private static void closeAfter(int seconds, Connection connection) throws SQLException {
        connection.setNetworkTimeout(Runnable::run, (seconds + 1) * 1_000);
    }

    /** At least one: JDBC takes zero for no timeout. */
    static int wholeSeconds(Duration patience) {
        return Math.toIntExact(Math.max(1, patience.plusMillis(999).toSeconds()));
    }
}
