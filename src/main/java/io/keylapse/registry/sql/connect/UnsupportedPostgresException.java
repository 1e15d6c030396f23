package io.keylapse.registry.sql.connect;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.SQLException;

/** The version of Postgres is too old. */
public final class UnsupportedPostgresException extends SQLException {
    private static final long serialVersionUID = 1L;

    /** The oldest major version that is supported, and that the tests run on. */
    private static final int MIN_VERSION = 14;

    /** "Feature not supported". It is not among the states that count as an outage. */
    private static final String STATE = "0A000";

    private UnsupportedPostgresException(String version) {
        super(
                "Postgres at KEYLAPSE_POSTGRES_URL is version " + version + ", which is too old; Keylapse needs "
                        + MIN_VERSION + " or newer",
                STATE);
    }

    /**
     * Refuses a connection to a version that is too old. Needs no statement, because Postgres sends its version on connect.
     *
     * @throws UnsupportedPostgresException if the version is too old; the connection is closed then
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
