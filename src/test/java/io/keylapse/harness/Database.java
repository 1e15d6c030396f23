package io.keylapse.harness;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/** A database in Postgres that tests read and change directly, as superuser. */
public interface Database {
    /** A new connection. */
    Connection connect() throws SQLException;

    /** Runs a statement, and returns the number of rows that it changed. */
    default int run(String sql, Object... parameters) {
        try {
            return KeptConnections.with(this, connection -> {
                try (PreparedStatement statement = prepare(connection, sql, parameters)) {
                    return statement.execute() ? 0 : statement.getUpdateCount();
                }
            });
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    /** The number that a query returns in its first row. */
    default long ask(String sql, Object... parameters) {
        try {
            return KeptConnections.with(this, connection -> {
                try (PreparedStatement statement = prepare(connection, sql, parameters);
                        var row = statement.executeQuery()) {
                    row.next();
                    return row.getLong(1);
                }
            });
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    /** How many statements like this wait for a lock in this database. */
    default long waiting(String like) {
        return ask(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
                        + " AND query LIKE ?",
                like);
    }

    /** Locks a table against reads and writes, until the connection is closed. */
    default Connection lock(String table) throws SQLException {
        Connection connection = connect();
        connection.setAutoCommit(false);
        try (var statement = connection.createStatement()) {
            statement.execute("LOCK TABLE " + table + " IN ACCESS EXCLUSIVE MODE");
        }
        return connection;
    }

    private static PreparedStatement prepare(Connection connection, String sql, Object... parameters)
            throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        for (int i = 0; i < parameters.length; i++) {
            statement.setObject(i + 1, parameters[i]);
        }
        return statement;
    }
}
