package io.keylapse.app.embedded;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/** A primary and an asynchronous standby, which can lag and be promoted any number of times. */
public final class PostgresPair implements AutoCloseable {
    private static final int FIRST_WITH_PG_BACKUP_START = 15;

    private PostgresProcess primary;
    private PostgresProcess standby;
    private boolean closed;

    /** Starts with this primary and without a standby. */
    public PostgresPair(PostgresProcess primary) {
        this.primary = primary;
        try {
            standby = primary.on(primary.home.resolveSibling("standby"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The current primary. */
    public synchronized PostgresProcess primary() {
        return primary;
    }

    /** The other server; it may not be running. */
    public synchronized PostgresProcess standby() {
        return standby;
    }

    /** Creates a standby of the running primary, and waits until it has all data. */
    public void startStandby() {
        standby.kill();
        copyPrimary();
        try {
            Files.deleteIfExists(standby.home.resolve("postmaster.pid"));
            Files.createFile(standby.home.resolve("standby.signal"));
            Files.writeString(
                    standby.home.resolve("postgresql.auto.conf"),
                    "primary_conninfo = 'host=127.0.0.1 port=" + primary.port() + " user=" + PostgresProcess.USER
                            + " password=" + primary.password() + "'\n",
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        startUnlessClosed();
        awaitReplicated();
    }

    private synchronized void startUnlessClosed() {
        if (closed) {
            throw new IllegalStateException("both are to stay ended");
        }
        standby.start();
    }

    /** Copies the files while Postgres writes them, with the backup label that makes the copy consistent. */
    private void copyPrimary() {
        try (Connection connection = connect(primary);
                Statement statement = connection.createStatement()) {
            boolean old = connection.getMetaData().getDatabaseMajorVersion() < FIRST_WITH_PG_BACKUP_START;
            statement.execute(
                    old ? "SELECT pg_start_backup('standby', true, false)" : "SELECT pg_backup_start('standby', true)");
            copy(primary.home, standby.home);
            try (var label = statement.executeQuery(
                    old
                            ? "SELECT labelfile FROM pg_stop_backup(false, false)"
                            : "SELECT labelfile FROM pg_backup_stop(false)")) {
                label.next();
                Path file = standby.home.resolve("backup_label");
                // Copied first, so that the file belongs to the user that Postgres runs as.
                copy(standby.home.resolve("PG_VERSION"), file);
                Files.writeString(file, label.getString(1));
            }
        } catch (SQLException e) {
            throw new IllegalStateException("the primary cannot be copied", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until the standby has all data of the primary. */
    public void awaitReplicated() {
        String until = ask(primary, "SELECT pg_current_wal_insert_lsn()");
        while (ask(standby, "SELECT coalesce(pg_last_wal_replay_lsn() >= '" + until + "', false)")
                .equals("f")) {
            Thread.onSpinWait();
        }
    }

    /** Stops replication to the standby. */
    public void letStandbyLag() {
        run(standby, "ALTER SYSTEM SET primary_conninfo = ''");
        run(standby, "SELECT pg_reload_conf()");
        while (!ask(primary, "SELECT count(*) FROM pg_stat_replication").equals("0")) {
            Thread.onSpinWait();
        }
    }

    /** Promotes the standby; the old primary is left as it is, and no longer counts as the primary. */
    public synchronized void promote() {
        run(standby, "SELECT pg_promote(true)");
        PostgresProcess old = primary;
        primary = standby;
        standby = old;
    }

    private static String ask(PostgresProcess server, String sql) {
        try (Connection connection = connect(server);
                var rows = connection.createStatement().executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    private static void run(PostgresProcess server, String sql) {
        try (Connection connection = connect(server);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    private static Connection connect(PostgresProcess server) throws SQLException {
        return DriverManager.getConnection(server.url(), PostgresProcess.USER, server.password());
    }

    private void copy(Path from, Path to) {
        copy(from, to, primary.log);
    }

    /** Copies a file and replaces an existing one. */
    static void copy(Path from, Path to, Path log) {
        try {
            Commands.run(List.of("rm", "-rf", to.toString()), log);
            if (!Commands.run(List.of("cp", "-a", from.toString(), to.toString()), log)) {
                throw new IllegalStateException(from + " cannot be copied to " + to);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Kills both servers. */
    @Override
    public synchronized void close() {
        closed = true;
        primary.kill();
        standby.kill();
    }
}
