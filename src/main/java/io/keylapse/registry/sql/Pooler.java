package io.keylapse.registry.sql;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.postgresql.PGConnection;

/** A connection pooler, such as PgBouncer, between us and Postgres. */
public final class Pooler {
    private static final String PROTOCOL_VIOLATION = "08P01";

    private Pooler() {}

    /** Whether one is in between: it introduces itself by a process id of its own, and the server knows the true one. */
    public static boolean isBehind(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_backend_pid()")) {
            row.next();
            return row.getInt(1) != connection.unwrap(PGConnection.class).getBackendPID();
        }
    }

    /** Whether a connection was refused because of the start-up parameter {@code options}, as PgBouncer does. */
    static boolean refusesOptions(SQLException failure) {
        String message = String.valueOf(failure.getMessage());
        return PROTOCOL_VIOLATION.equals(failure.getSQLState())
                && message.contains("startup parameter")
                && message.contains("options");
    }

    /**
     * Leaves out prepared statements on the server, because a pooler may give each transaction another server
     * connection.
     */
    static void prepareNothing(Connection connection) throws SQLException {
        connection.unwrap(PGConnection.class).setPrepareThreshold(0);
    }
}
