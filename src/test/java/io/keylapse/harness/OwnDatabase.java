package io.keylapse.harness;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.UUID;

/** An empty database in the shared Postgres, with a role that owns it. */
public final class OwnDatabase implements AutoCloseable {
    public static final String PASSWORD = "a-password-of-a-test";

    private final Stores stores = Stores.shared();
    private final String name =
            "test_" + UUID.randomUUID().toString().substring(0, 8).replace('-', '_');

    public OwnDatabase() {
        this("UTF8");
    }

    /** A database with that encoding. */
    public OwnDatabase(String encoding) {
        runIn(stores.postgresUrl(), "CREATE ROLE " + owner() + " LOGIN PASSWORD '" + PASSWORD + "'");
        runIn(
                stores.postgresUrl(),
                "CREATE DATABASE " + name + " OWNER " + owner() + " ENCODING '" + encoding + "' " + provider()
                        + " LOCALE 'C' TEMPLATE template0");
    }

    /** Postgres 14 has only one locale provider. */
    private String provider() {
        try (Connection connection = connect(stores.postgresUrl())) {
            return connection.getMetaData().getDatabaseMajorVersion() < 15 ? "" : "LOCALE_PROVIDER libc";
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Its unique name. */
    public String name() {
        return name;
    }

    public String url() {
        return stores.postgresUrl().replaceFirst("/[^/?]*(\\?|$)", "/" + name + "$1");
    }

    /** The role that owns it. */
    public String owner() {
        return name + "_owner";
    }

    /** The settings of a node that uses the database as that role, with its own key prefix in the shared Redis. */
    public Map<String, Object> settings(String role) {
        return Map.of(
                "keylapse.postgres.url",
                url(),
                "keylapse.postgres.user",
                role,
                "keylapse.postgres.password",
                PASSWORD,
                "keylapse.redis.key-prefix",
                name + ":");
    }

    /** Runs statements in the database as superuser. */
    public void run(String sql) {
        runIn(url(), sql);
    }

    private void runIn(String url, String sql) {
        try (Connection connection = connect(url);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    /** The number that a query returns, run as superuser. */
    public long ask(String sql) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    /** A connection as superuser. */
    public Connection connect() throws SQLException {
        return connect(url());
    }

    private Connection connect(String url) throws SQLException {
        return DriverManager.getConnection(url, stores.postgresUser(), stores.postgresPassword());
    }

    /** Drops the database, and ends open connections first. Tests must drop roles that they created. */
    @Override
    public void close() {
        runIn(stores.postgresUrl(), "DROP DATABASE " + name + " WITH (FORCE)");
        runIn(stores.postgresUrl(), "DROP ROLE " + owner());
    }
}
