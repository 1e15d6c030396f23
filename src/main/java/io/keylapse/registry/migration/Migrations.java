package io.keylapse.registry.migration;

import io.keylapse.registry.sql.Pooler;
import io.keylapse.registry.sql.UnsupportedPostgresException;
import io.micronaut.core.value.PropertyResolver;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.Objects;
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

    private final String names;
    private final @Nullable String user;
    private final PGSimpleDataSource source = new PGSimpleDataSource();

    /** Migrations of the database that these settings name. */
    public Migrations(PropertyResolver settings) {
        Optional<String> ownUser = text(settings, "keylapse.migration.user");
        Optional<String> ownUrl = text(settings, "keylapse.migration.url");
        this.names = ownUrl.or(() -> ownUser).isPresent() ? "KEYLAPSE_MIGRATION_URL" : "KEYLAPSE_POSTGRES_URL";
        this.user = ownUser.or(() -> text(settings, "keylapse.postgres.user")).orElse(null);
        source.setUrl(ownUrl.or(() -> text(settings, "keylapse.postgres.url")).orElseThrow());
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
     * @throws MigrationException if the database cannot be used, nodes run that cannot go on after it, a migration failed, or
     *     one that was run before is not the one that is known here
     */
    public int run() {
        boolean pooled = look();
        Flyway flyway = flyway();
        MigrationInfo[] pending = pending(flyway);
        if (pooled && pending.length > 0) {
            // A lock of a session would stay with the pooler, and one of a transaction would hold up concurrent
            // indexes.
            throw new MigrationException(lacks(pending)
                    + ", and migrations cannot run by way of a pooler such as PgBouncer; set KEYLAPSE_MIGRATION_URL to"
                    + " Postgres itself, here or for \"keylapse migrate\"");
        }
        if (pending.length > 0) {
            refuseOlderNodes();
        }
        try {
            if (pending.length == 0) {
                flyway.validate();
                return 0;
            }
            return flyway.migrate().migrationsExecuted;
        } catch (FlywayException e) {
            throw isForbidden(e)
                    ? new MigrationException(lacks(pending) + ", and the role " + user + " may not run them; run"
                            + " \"keylapse migrate\" with KEYLAPSE_MIGRATION_USER and _PASSWORD of the role that owns the"
                            + " schema")
                    : failed(e);
        }
    }

    private void refuseOlderNodes() {
        try (Connection connection = source.getConnection()) {
            OlderNodes.refuse(connection);
        } catch (SQLException e) {
            throw unusable(e);
        }
    }

    private static MigrationInfo[] pending(Flyway flyway) {
        try {
            return flyway.info().pending();
        } catch (FlywayException e) {
            throw failed(e);
        }
    }

    private static MigrationException failed(FlywayException failure) {
        return new MigrationException("the schema cannot be brought up to date: " + reason(failure), failure);
    }

    private static String reason(FlywayException failure) {
        return failures(failure)
                .map(SQLException::getMessage)
                .findFirst()
                .orElseGet(failure::getMessage)
                .strip()
                .replaceAll("\\s*\\R\\s*", "; ");
    }

    /**
     * Changes nothing.
     *
     * @throws MigrationException if the database cannot be used or lacks migrations
     */
    public void requireNonePending() {
        look();
        MigrationInfo[] pending = pending(flyway());
        if (pending.length > 0) {
            throw new MigrationException(lacks(pending) + "; run \"keylapse migrate\"");
        }
    }

    private static String lacks(MigrationInfo[] pending) {
        return "the schema lacks " + pending.length + (pending.length == 1 ? " migration (" : " migrations (")
                + Stream.of(pending).map(MigrationInfo::getScript).collect(Collectors.joining(", ")) + ")";
    }

    /** Refuses a database that cannot hold every text, and says whether a pooler is in between. */
    private boolean look() {
        try (Connection connection = UnsupportedPostgresException.checked(source.getConnection())) {
            String encoding = connection.unwrap(PGConnection.class).getParameterStatus("server_encoding");
            if (!"UTF8".equals(encoding)) {
                throw new MigrationException("the database that " + names + " names has the encoding " + encoding
                        + ", and must have UTF8; make one with CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0");
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
                "Postgres at " + names + " cannot be used (" + failure.getMessage() + "); check that it runs, and "
                        + names + ", _USER and _PASSWORD",
                failure);
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

    private static boolean isForbidden(FlywayException failure) {
        return failures(failure).anyMatch(sql -> INSUFFICIENT_PRIVILEGE.equals(sql.getSQLState()));
    }

    private static Stream<SQLException> failures(FlywayException failure) {
        return Stream.<Throwable>iterate(failure, Objects::nonNull, Throwable::getCause)
                .flatMap(cause -> cause instanceof SQLException sql ? Stream.of(sql) : Stream.empty());
    }
}
