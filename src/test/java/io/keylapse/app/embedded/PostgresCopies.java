package io.keylapse.app.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.keylapse.harness.CloseAfterTests;
import io.keylapse.harness.OwnStores;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;

/** A Postgres with an operator's tools: a lagging standby that is promoted, copies of its files, restores. */
public final class PostgresCopies extends OwnStores {
    private final PostgresProcess primary;
    private final PostgresProcess standby;
    private final PostgresPair pair;
    private final Path copy;

    public PostgresCopies() {
        this(ThrowawayStores.start());
    }

    /** Takes over these stores and closes them. */
    public PostgresCopies(EmbeddedStores stores) {
        super(stores);
        primary = stores.postgres();
        copy = primary.home.resolveSibling("copy");
        pair = new PostgresPair(primary);
        standby = pair.standby();
        CloseAfterTests.register(this);
    }

    /** A URL with both servers that connects to the primary. */
    public String urlOfBoth() {
        return "jdbc:postgresql://127.0.0.1:" + primary.port() + ",127.0.0.1:" + standby.port()
                + "/postgres?targetServerType=primary";
    }

    public String urlOfStandby() {
        return standby.url();
    }

    /** Creates a standby of the primary, and waits until it has all data. */
    public void startStandby() {
        pair.startStandby();
    }

    /** Waits until the standby has all data of the primary. */
    public void awaitReplicated() {
        pair.awaitReplicated();
    }

    /** Stops replication to the standby. */
    public void letStandbyLag() {
        pair.letStandbyLag();
    }

    /** Stops the primary, if it runs, and promotes the standby. */
    public void failOver() {
        primary.kill();
        promote();
    }

    /** Promotes the standby and leaves the primary as it is. */
    public void promote() {
        pair.promote();
    }

    /** Copies the files of the primary, which is stopped meanwhile. */
    public void copyFiles() {
        primary.stop();
        copy(primary.home, copy);
        primary.start();
    }

    /** Replaces the current files by the copied ones. */
    public void putFilesBack() {
        primary.kill();
        copy(copy, primary.home);
        primary.start();
    }

    /** Creates a copy of a database; nobody is connected to the original meanwhile. */
    public void copyDatabase(String from, String to) {
        inTemplate("ALTER DATABASE " + from + " ALLOW_CONNECTIONS false");
        inTemplate("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + from + "'");
        inTemplate("CREATE DATABASE " + to + " TEMPLATE " + from);
        inTemplate("ALTER DATABASE " + from + " ALLOW_CONNECTIONS true");
    }

    /** Puts a database in the place of another one, which is renamed. */
    public void putInPlace(String name, String by) {
        inTemplate("ALTER DATABASE " + name + " ALLOW_CONNECTIONS false");
        inTemplate("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + name + "'");
        inTemplate("ALTER DATABASE " + name + " RENAME TO lost");
        inTemplate("ALTER DATABASE " + by + " RENAME TO " + name);
    }

    /** Runs one of Postgres's own programs against the primary, which must succeed. */
    public void command(String... command) {
        var process = new ProcessBuilder(command).redirectErrorStream(true);
        process.environment()
                .putAll(Map.of(
                        "PGHOST",
                        "127.0.0.1",
                        "PGPORT",
                        Integer.toString(primary.port()),
                        "PGUSER",
                        PostgresProcess.USER,
                        "PGPASSWORD",
                        primary.password(),
                        "PGDATABASE",
                        "postgres"));
        try {
            Process started = process.start();
            String said = new String(started.getInputStream().readAllBytes(), UTF_8);
            if (started.waitFor() != 0) {
                throw new IllegalStateException(command[0] + ": " + said);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private void inTemplate(String sql) {
        String url = primary.url().replaceFirst("/postgres$", "/template1");
        try (var connection = DriverManager.getConnection(url, PostgresProcess.USER, primary.password());
                var statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    private void copy(Path from, Path to) {
        PostgresPair.copy(from, to, primary.log);
    }

    @Override
    public void interruptPostgres() {
        primary.stop();
    }

    @Override
    public void resumePostgres() {
        primary.start();
    }

    @Override
    public void close() {
        pair.close();
        super.close();
    }
}
