package io.keylapse.registry.migration;

import io.keylapse.registry.sql.Pooler;
import io.micronaut.context.exceptions.ConfigurationException;
import io.micronaut.core.value.PropertyResolver;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Brings the schema up to date, over connections of its own: neither a time-out of ours nor one of its role ends a
 * migration, however long it takes.
 *
 * <p>They go to {@code keylapse.migration.url} as {@code keylapse.migration.user}; what is not set is that of {@code
 * keylapse.postgres}.
 */
public final class Migrations {
    private static final String INSUFFICIENT_PRIVILEGE = "42501";

    /** Which of these there are depends on the version of Postgres. */
    private static final String WITHOUT_TIME_OUTS = "SELECT set_config(name, '0', false) FROM pg_settings WHERE name IN"
            + " ('idle_in_transaction_session_timeout', 'idle_session_timeout', 'lock_timeout', 'statement_timeout',"
            + " 'transaction_timeout')";

    /** A host that vanishes while it migrates gives the lock back. Over a Unix domain socket these have no effect. */
    private static final String WITH_KEEPALIVES = "SELECT set_config('tcp_keepalives_idle', '5', false),"
            + " set_config('tcp_keepalives_interval', '1', false), set_config('tcp_keepalives_count', '3', false)";

    private final String url;
    private final @Nullable String user;
    private final PGSimpleDataSource source = new PGSimpleDataSource();

    /** Migrations of the database that these settings name. */
    public Migrations(PropertyResolver settings) {
        Optional<String> ownUser = text(settings, "keylapse.migration.user");
        this.url = text(settings, "keylapse.migration.url")
                .or(() -> text(settings, "keylapse.postgres.url"))
                .orElseThrow();
        this.user = ownUser.or(() -> text(settings, "keylapse.postgres.user")).orElse(null);
        source.setUrl(url);
        source.setApplicationName("keylapse migrate");
        source.setSocketTimeout(0);
        source.setTcpKeepAlive(true);
        // Until it may be used: a server that accepts and then says nothing is as good as none.
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
     * Runs what is pending, and waits for whoever else runs it.
     *
     * @return how many migrations were run here
     * @throws ConfigurationException in one line that says what to do, if the database cannot be used
     * @throws FlywayException if a migration failed, or one that was run before is not the one that is known here
     */
    public int run() {
        boolean pooled = look();
        Flyway flyway = flyway();
        MigrationInfo[] pending = flyway.info().pending();
        if (pending.length == 0) {
            flyway.validate();
            return 0;
        }
        if (pooled) {
            // A lock of a session would stay with the pooler, and one of a transaction would hold up concurrent
            // indexes.
            throw new ConfigurationException(lacks(pending)
                    + ", and migrations cannot run by way of a pooler such as PgBouncer; set KEYLAPSE_MIGRATION_URL to"
                    + " Postgres itself, here or for \"keylapse migrate\"");
        }
        try {
            return flyway.migrate().migrationsExecuted;
        } catch (FlywayException e) {
            if (lacksPrivilege(e)) {
                throw new ConfigurationException(lacks(pending) + ", and the role " + user
                        + " may not run them; run \"keylapse migrate\" with KEYLAPSE_MIGRATION_USER and _PASSWORD of the"
                        + " role that owns the schema");
            }
            throw e;
        }
    }

    /**
     * Changes nothing.
     *
     * @throws ConfigurationException in one line that says what to do, if the database cannot be used or lacks migrations
     */
    public void requireNonePending() {
        look();
        MigrationInfo[] pending = flyway().info().pending();
        if (pending.length > 0) {
            throw new ConfigurationException(lacks(pending) + "; run \"keylapse migrate\"");
        }
    }

    private static String lacks(MigrationInfo[] pending) {
        return "the schema lacks " + pending.length + (pending.length == 1 ? " migration (" : " migrations (")
                + Stream.of(pending).map(MigrationInfo::getScript).collect(Collectors.joining(", ")) + ")";
    }

    /** Refuses a database that cannot hold every text, and says whether a pooler is in between. */
    private boolean look() {
        try (Connection connection = source.getConnection()) {
            String encoding = connection.unwrap(PGConnection.class).getParameterStatus("server_encoding");
            if (!"UTF8".equals(encoding)) {
                throw new ConfigurationException(
                        "the database that KEYLAPSE_POSTGRES_URL names has the encoding " + encoding
                                + ", and must have UTF8; make one with CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0");
            }
            return Pooler.isBehind(connection);
        } catch (SQLException e) {
            throw new ConfigurationException(e.getMessage(), e);
        }
    }

    private Flyway flyway() {
        return Flyway.configure()
                .dataSource(source)
                .initSql(WITHOUT_TIME_OUTS + ";" + WITH_KEEPALIVES)
                // A lock of the session, because one of a transaction idles in it, and holds up concurrent indexes.
                .configuration(Map.of("flyway.postgresql.transactional.lock", "false"))
                // Whoever else migrates may take as long as it takes.
                .lockRetryCount(-1)
                .load();
    }

    private static boolean lacksPrivilege(Throwable failure) {
        return Stream.iterate(failure, cause -> cause != null, Throwable::getCause)
                .anyMatch(
                        cause -> cause instanceof SQLException sql && INSUFFICIENT_PRIVILEGE.equals(sql.getSQLState()));
    }
}
