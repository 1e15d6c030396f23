package io.keylapse.registry.sql;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.SQLException;

/** Postgres is older than what is supported. */
public final class UnsupportedPostgresException extends SQLException {
    private static final long serialVersionUID = 1L;

    /** The oldest major version that is supported, and that the suite runs on. */
    private static final int MIN_VERSION = 14;

    /** "Feature not supported", which tells it from an outage. */
    private static final String STATE = "0A000";

    private UnsupportedPostgresException(String version) {
        super(
                "Postgres at KEYLAPSE_POSTGRES_URL is version " + version + ", which is too old; Keylapse needs "
                        + MIN_VERSION + " or newer",
                STATE);
    }

    /**
     * Refuses a connection to a version that is too old. It costs no statement: Postgres says its version when one connects.
     *
     * @throws UnsupportedPostgresException if it is too old; the connection is closed then
     */
    public static Connection checked(Connection connection) throws SQLException {
        DatabaseMetaData server = connection.getMetaData();
        if (server.getDatabaseMajorVersion() < MIN_VERSION) {
            String version = server.getDatabaseProductVersion();
            connection.close();
            throw new UnsupportedPostgresException(version);
        }
        return connection;
    }
}
