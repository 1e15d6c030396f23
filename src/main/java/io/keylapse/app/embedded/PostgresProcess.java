package io.keylapse.app.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** An embedded PostgreSQL server: UTF-8, C collation, UTC, with a password. */
public final class PostgresProcess extends StoreProcess {

    /** The superuser's name. */
    static final String USER = "keylapse";

    private static final String WRONG_PASSWORD = "28P01";

    /** Only tests run older versions. */
    private static final int FIRST_WITH_BUILTIN_LOCALES = 17;

    private final Supplier<Path> programs;
    private final Path passwordFile;
    private final String password;
    private final boolean durable;
    private @Nullable Path unpacked;

    PostgresProcess(Path home, Path log, Supplier<Path> programs, Path passwordFile, boolean durable)
            throws IOException {
        super(home, log, FreePort.POSTGRES.pick());
        this.programs = programs;
        this.passwordFile = passwordFile;
        this.password = PrivateFile.password(passwordFile);
        this.durable = durable;
    }

    /** The JDBC URL of the database, without user and password. */
    public String url() {
        return "jdbc:postgresql://127.0.0.1:" + port + "/postgres";
    }

    String password() {
        return password;
    }

    /**
     * Another server with the same programs and password, but its own data directory and port; for tests of fail-overs.
     */
    PostgresProcess on(Path otherHome) throws IOException {
        Path otherLog = log.resolveSibling(otherHome.getFileName() + ".log");
        return new PostgresProcess(otherHome, otherLog, programs, passwordFile, durable);
    }

    @Override
    String program() {
        return "postgres";
    }

    @Override
    Path pidFile() {
        return home.resolve("postmaster.pid");
    }

    @Override
    String ownArgument() {
        return home.toString();
    }

    @Override
    void prepare() throws IOException, InterruptedException {
        Path version = home.resolve("PG_VERSION");
        if (Files.notExists(version)) {
            initialize();
            return;
        }
        String kept = Files.readString(version).strip();
        String major = major();
        if (!kept.equals(major)) {
            throw new EmbeddedStoresException(home + " was written by PostgreSQL " + kept + ", but this Keylapse has "
                    + major + "; use the Keylapse that wrote it, or set KEYLAPSE_DATA_DIR to another folder");
        }
    }

    private String major() throws IOException {
        Process process = new ProcessBuilder(bin("postgres"), "--version").start();
        try (var output = process.inputReader()) {
            return output.readLine().replaceFirst("^\\D*(\\d+).*$", "$1");
        }
    }

    /**
     * Creates the cluster with initdb, in a temporary directory that is renamed when complete, so that a killed start
     * leaves no partial data behind.
     */
    private void initialize() throws IOException, InterruptedException {
        Path draft = Files.createTempDirectory(home.getParent(), PrivateFile.DRAFT);
        List<String> command = new ArrayList<>(List.of(
                bin("initdb"),
                "--pgdata=" + draft,
                "--username=" + USER,
                "--pwfile=" + passwordFile,
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C"));
        if (Integer.parseInt(major()) >= FIRST_WITH_BUILTIN_LOCALES) {
            command.addAll(List.of("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"));
        }
        if (!durable) {
            command.add("--no-sync");
        }
        if (!Commands.run(Commands.notAsRoot(command), log)) {
            throw new EmbeddedStoresException("PostgreSQL cannot initialize its data in " + home
                    + "; the last lines of " + log + " say why (a full disk?); fix that and start again");
        }
        Files.move(draft, home, StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    List<String> command() {
        List<String> command = new ArrayList<>(List.of(bin("postgres"), "-D", home.toString()));
        List<String> settings = new ArrayList<>(List.of(
                "listen_addresses=127.0.0.1",
                "port=" + port,
                "unix_socket_directories=",
                "max_connections=100",
                "timezone=UTC",
                "log_timezone=UTC",
                "logging_collector=off",
                "log_destination=stderr"));
        settings.addAll(durable ? List.of("fsync=on") : List.of("fsync=off", "full_page_writes=off"));
        settings.forEach(setting -> command.addAll(List.of("-c", setting)));
        return Commands.notAsRoot(command);
    }

    private String bin(String name) {
        if (unpacked == null) {
            unpacked = programs.get();
        }
        return unpacked.resolve(name).toString();
    }

    @Override
    boolean answers() {
        Properties properties = new Properties();
        properties.setProperty("user", USER);
        properties.setProperty("password", password);
        properties.setProperty("connectTimeout", "2");
        properties.setProperty("socketTimeout", "5");
        try (Connection connection = DriverManager.getConnection(url(), properties)) {
            return connection.isValid(1);
        } catch (SQLException e) {
            if (WRONG_PASSWORD.equals(e.getSQLState())) {
                stop();
                throw new EmbeddedStoresException("PostgreSQL in " + home + " does not accept the password in "
                        + passwordFile + "; restore the original file, or move both away to start with empty data");
            }
            return false;
        }
    }

    /**
     * Sends SIGINT, PostgreSQL's fast shutdown. Java can send only SIGTERM, which waits until all clients have
     * disconnected.
     */
    @Override
    void askToStop(ProcessHandle server) throws IOException, InterruptedException {
        Commands.run(Commands.notAsRoot(List.of(bin("pg_ctl"), "kill", "INT", Long.toString(server.pid()))), log);
    }
}
