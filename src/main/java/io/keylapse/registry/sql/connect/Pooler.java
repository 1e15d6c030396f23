package io.keylapse.registry.sql.connect;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.postgresql.PGConnection;

/** Detection of a connection pooler, such as PgBouncer, between Keylapse and Postgres. */
public final class Pooler {
    private static final String PROTOCOL_VIOLATION = "08P01";

    private static final String BACKEND = "SELECT pg_backend_pid()";

    private Pooler() {}

    /** Whether a pooler is in between. A pooler reports a process id of its own, which differs from that of the server. */
    public static boolean isBehind(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(BACKEND)) {
            row.next();
            return row.getInt(1) != connection.unwrap(PGConnection.class).getBackendPID();
        }
    }

    /** Whether a connection was refused because of the startup parameter {@code options}, as PgBouncer does. */
    static boolean refusesOptions(SQLException failure) {
        String message = String.valueOf(failure.getMessage());
        return PROTOCOL_VIOLATION.equals(failure.getSQLState())
                && message.contains("startup parameter")
                && message.contains("options");
    }

    /**
     * Turns off server-side prepared statements, because a pooler may use another server connection for each transaction.
     */
    static void prepareNothing(Connection connection) throws SQLException {
        connection.unwrap(PGConnection.class).setPrepareThreshold(0);
    }
}
