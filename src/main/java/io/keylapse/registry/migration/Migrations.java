package io.keylapse.registry.migration;

import io.keylapse.registry.sql.connect.Pooler;
import io.keylapse.registry.sql.connect.UnsupportedPostgresException;
import io.micronaut.core.value.PropertyResolver;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationInfoService;
import org.flywaydb.core.api.MigrationState;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Schema migrations with Flyway. They use connections of their own, without the timeouts of Keylapse and of the role, so a
 * migration can take as long as it needs.
 *
 * <p>They connect to {@code keylapse.migration.url} as {@code keylapse.migration.user}. Settings that are missing default to
 * those of {@code keylapse.postgres}.
 */
public final class Migrations {
    /** Turns off all timeouts. Selects from pg_settings, because not every version of Postgres has all of them. */
    private static final String WITHOUT_TIME_OUTS = "SELECT set_config(name, '0', false) FROM pg_settings WHERE name IN"
            + " ('idle_in_transaction_session_timeout', 'idle_session_timeout', 'lock_timeout', 'statement_timeout',"
            + " 'transaction_timeout')";

    /** Releases the lock of a host that vanishes during a migration. Has no effect over a Unix domain socket. */
    private static final String WITH_KEEPALIVES = "SELECT set_config('tcp_keepalives_idle', '5', false),"
            + " set_config('tcp_keepalives_interval', '1', false), set_config('tcp_keepalives_count', '3', false)";

    /** Network timeout of all statements other than migrations. */
    private static final int PATIENCE_MILLIS = 5_000;

    private static final String FORGET_FAILURES = """
            DO $$ BEGIN
                IF to_regclass(quote_ident(current_schema()) || '.flyway_schema_history') IS NOT NULL THEN
                    DELETE FROM flyway_schema_history WHERE NOT success;
                END IF;
            END $$""";

    private final String location;
    private final String names;
    private final @Nullable String user;
    private final PGSimpleDataSource source = new ShortUrlDataSource();

    /** The migrations of the program, for the database that these settings name. */
    public Migrations(PropertyResolver settings) {
        this(settings, "classpath:db/migration");
    }

    /** Other migrations, for tests. */
    Migrations(PropertyResolver settings, String location) {
        this.location = location;
        Optional<String> ownUser = text(settings, "keylapse.migration.user");
        Optional<String> ownUrl = text(settings, "keylapse.migration.url");
        this.names = ownUrl.or(() -> ownUser).isPresent() ? "KEYLAPSE_MIGRATION_URL" : "KEYLAPSE_POSTGRES_URL";
        this.user = ownUser.or(() -> text(settings, "keylapse.postgres.user")).orElse(null);
        source.setUrl(ownUrl.or(() -> text(settings, "keylapse.postgres.url")).orElseThrow());
        source.setApplicationName("keylapse migrate");
        source.setSocketTimeout(0);
        // A pooler may run each statement on another connection, which lacks statements prepared on the one before.
        source.setPrepareThreshold(0);
        source.setTcpKeepAlive(true);
        // Seconds until a connection is usable. Covers a server that accepts the connection but does not respond.
        source.setLoginTimeout(5);
        if (user != null) {
            source.setUser(user);
        }
        text(settings, "keylapse.migration.password")
                .or(() -> ownUser.isPresent() ? Optional.empty() : text(settings, "keylapse.postgres.password"))
                .ifPresent(source::setPassword);
    }

    private static Optional<String> text(PropertyResolver settings, String name) {
        return settings.getProperty(name, String.class).filter(value -> !value.isEmpty());
    }

    /**
     * Runs the pending migrations. Waits if another process is running them.
     *
     * @return the number of migrations that this call ran
     * @throws MigrationException if the database cannot be used, if nodes of an incompatible version run, if a migration
     *     failed, or if an earlier migration differs from the one in this program
     */
    public int run() {
        boolean pooled = look();
        Flyway flyway = flyway(pooled);
        List<MigrationInfo> pending = pending(flyway);
        if (pooled && !pending.isEmpty()) {
            // Behind a pooler, a session lock would stay on the server connection, and a transaction lock would block
            // CREATE INDEX CONCURRENTLY.
            throw new MigrationException(lacks(pending)
                    + ", and migrations cannot run through a pooler such as PgBouncer; set KEYLAPSE_MIGRATION_URL to"
                    + " Postgres itself, here or for \"keylapse migrate\"");
        }
        prepare(pending);
        try {
            if (pending.isEmpty()) {
                flyway.validate();
                return 0;
            }
            return flyway.migrate().migrationsExecuted;
        } catch (FlywayException e) {
            throw MigrationFailure.isForbidden(e) ? forbidden(pending) : MigrationFailure.describe(e);
        }
    }

    private MigrationException forbidden(List<MigrationInfo> pending) {
        if (pending.isEmpty()) {
            return new MigrationException(
                    "the role " + user + " lacks rights on the tables of Keylapse; grant it those of"
                            + " docs/deployment.md, or set KEYLAPSE_MIGRATION_USER and _PASSWORD to the role that owns the schema");
        }
        return new MigrationException(lacks(pending) + ", and the role " + user + " may not run them; run"
                + " \"keylapse migrate\" with KEYLAPSE_MIGRATION_USER and _PASSWORD of the role that owns the schema");
    }

    /** Refuses to continue beside older nodes. Deletes the entries of failed migrations, so that Flyway runs them again. */
    private void prepare(List<MigrationInfo> pending) {
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement()) {
            connection.setNetworkTimeout(Runnable::run, PATIENCE_MILLIS);
            OlderNodes.refuse(connection);
            if (!pending.isEmpty()) {
                statement.execute(FORGET_FAILURES);
            }
        } catch (SQLException e) {
            throw MigrationFailure.isForbidden(e) ? forbidden(pending) : unusable(e);
        }
    }

    /** Pending and failed migrations. Failed ones ran outside a transaction, and all of those can be repeated. */
    private static List<MigrationInfo> pending(Flyway flyway) {
        try {
            MigrationInfoService info = flyway.info();
            return Stream.concat(
                            Stream.of(info.all()).filter(each -> each.getState() == MigrationState.FAILED),
                            Stream.of(info.pending()))
                    .toList();
        } catch (FlywayException e) {
            throw MigrationFailure.describe(e);
        }
    }

    /**
     * Checks that no migration is pending, and changes nothing.
     *
     * @throws MigrationException if the database cannot be used, if migrations are pending, or if nodes of an incompatible
     *     version run
     */
    public void requireNonePending() {
        List<MigrationInfo> pending = pending(flyway(look()));
        if (!pending.isEmpty()) {
            throw new MigrationException(lacks(pending) + "; run \"keylapse migrate\"");
        }
        prepare(pending);
    }

    private static String lacks(List<MigrationInfo> pending) {
        return "the schema lacks " + pending.size() + (pending.size() == 1 ? " migration (" : " migrations (")
                + pending.stream().map(MigrationInfo::getScript).collect(Collectors.joining(", ")) + ")";
    }

    /** Refuses a database that is not in UTF-8. Returns whether there is a pooler in between. */
    private boolean look() {
        try (Connection connection = UnsupportedPostgresException.checked(source.getConnection())) {
            connection.setNetworkTimeout(Runnable::run, PATIENCE_MILLIS);
            String encoding = connection.unwrap(PGConnection.class).getParameterStatus("server_encoding");
            if (!"UTF8".equals(encoding)) {
                throw new MigrationException(
                        "the database at " + names + " has the encoding " + encoding
                                + ", but it must have UTF8; create one with CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0");
            }
            return Pooler.isBehind(connection);
        } catch (UnsupportedPostgresException e) {
            throw new MigrationException(String.valueOf(e.getMessage()), e);
        } catch (SQLException e) {
            throw unusable(e);
        }
    }

    private MigrationException unusable(SQLException failure) {
        return new MigrationException(
                "Postgres at " + names + " cannot be used (" + failure.getMessage() + "); check that it runs, and that "
                        + names + ", _USER and _PASSWORD are correct",
                failure);
    }

    /** @param pooled whether there is a pooler, which would pass session settings on to its next client */
    private Flyway flyway(boolean pooled) {
        return Flyway.configure()
                .dataSource(source)
                .locations(location)
                .initSql(pooled ? null : WITHOUT_TIME_OUTS + ";" + WITH_KEEPALIVES)
                // A session lock. A transaction lock keeps a transaction open, which blocks CREATE INDEX CONCURRENTLY.
                .configuration(Map.of("flyway.postgresql.transactional.lock", "false"))
                // Wait for another process that migrates, without a limit.
                .lockRetryCount(-1)
                .load();
    }
}
