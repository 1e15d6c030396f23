package io.keylapse.harness;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** PgBouncer in transaction mode between nodes and a database. */
public final class PgBouncer implements AutoCloseable {
    private static final List<Path> PROGRAMS = List.of(
            Path.of("/usr/sbin/pgbouncer"), Path.of("/usr/bin/pgbouncer"), Path.of("/opt/homebrew/bin/pgbouncer"));

    private final OwnDatabase database;
    private final int port;
    private final Process process;

    /** Starts PgBouncer, which connects as the owner of the database; its files are in the folder. */
    public PgBouncer(Path folder, OwnDatabase database) {
        this.database = database;
        URI postgres = URI.create(database.url().substring("jdbc:".length()));
        port = Node.freePort();
        try {
            Path settings = Files.writeString(folder.resolve("pgbouncer.ini"), """
                    [databases]
                    %1$s = host=%2$s port=%3$d dbname=%1$s user=%4$s password=%5$s
                    [pgbouncer]
                    listen_addr = 127.0.0.1
                    listen_port = %6$d
                    unix_socket_dir =
                    auth_type = any
                    pool_mode = transaction
                    ignore_startup_parameters = extra_float_digits
                    """.formatted(
                            database.name(),
                            postgres.getHost(),
                            postgres.getPort(),
                            database.owner(),
                            OwnDatabase.PASSWORD,
                            port));
            var command = new ArrayList<String>();
            if ("root".equals(System.getProperty("user.name"))) {
                // PgBouncer refuses to run as root.
                command.addAll(List.of("unshare", "-U"));
            }
            command.addAll(List.of(program().toString(), settings.toString()));
            process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("pgbouncer.log").toFile())
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        CloseAfterTests.register(this);
        await().atMost(10, SECONDS).until(() -> !process.isAlive() || accepts());
    }

    public static boolean isInstalled() {
        return PROGRAMS.stream().anyMatch(Files::isExecutable);
    }

    private static Path program() {
        return PROGRAMS.stream().filter(Files::isExecutable).findFirst().orElseThrow();
    }

    private boolean accepts() {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    /** The JDBC URL of the database through this pooler. */
    public String url() {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + database.name();
    }

    @Override
    public void close() {
        CloseAfterTests.unregister(this);
        process.destroyForcibly().onExit().join();
    }
}
