package io.keylapse.harness;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;
import java.util.UUID;
import org.flywaydb.core.Flyway;

/** An empty database in the shared Postgres, with a role that owns it. */
public final class OwnDatabase implements Database, AutoCloseable {
    public static final String PASSWORD = "a-password-of-a-test";

    private final Stores stores = Stores.shared();
    private final String name =
            "test_" + UUID.randomUUID().toString().substring(0, 8).replace('-', '_');

    public OwnDatabase() {
        this("UTF8");
    }

    /** A database with that encoding. */
    public OwnDatabase(String encoding) {
        stores.run("CREATE ROLE " + owner() + " LOGIN PASSWORD '" + PASSWORD + "'");
        stores.run("CREATE DATABASE " + name + " OWNER " + owner() + " ENCODING '" + encoding + "' " + provider()
                + " LOCALE 'C' TEMPLATE template0");
        // As it is from Postgres 15 on. On 14, every role may create tables in this schema.
        run("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
        run("GRANT CREATE ON SCHEMA public TO " + owner());
        CloseAfterTests.register(this);
    }

    /** Postgres 14 has only one locale provider. */
    private String provider() {
        try (Connection connection = stores.connect()) {
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

    /** Runs the migrations up to this version. */
    public void migrateTo(String version) {
        Flyway.configure()
                .dataSource(url(), owner(), PASSWORD)
                .target(version)
                .configuration(Map.of("flyway.postgresql.transactional.lock", "false"))
                .load()
                .migrate();
    }

    @Override
    public Connection connect() throws SQLException {
        return DriverManager.getConnection(url(), stores.postgresUser(), stores.postgresPassword());
    }

    /** Drops the database, and ends open connections first. Tests must drop roles that they created. */
    @Override
    public void close() {
        CloseAfterTests.unregister(this);
        stores.run("DROP DATABASE " + name + " WITH (FORCE)");
        stores.run("DROP ROLE " + owner());
    }
}
