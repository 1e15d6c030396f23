package io.keylapse.app.embedded;

import io.keylapse.harness.CloseAfterTests;
import io.keylapse.harness.Signals;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.sync.RedisCommands;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.NullUnmarked;

/** Starts Redis servers with any settings from the embedded program; all are stopped at close. */
@NullUnmarked
public final class RedisServers implements AutoCloseable {
    private static final Duration START_BOUND = Duration.ofSeconds(20);

    private final ThrowawayDirectory directory = ThrowawayDirectory.create();
    private final Path program = new Programs(directory.sharedPrograms()).redisServer();
    private final RedisClient client = RedisClient.create();
    private final List<Server> servers = new ArrayList<>();
    private final Thread hook = new Thread(this::end, "redis-servers");

    public RedisServers() {
        Runtime.getRuntime().addShutdownHook(hook);
        CloseAfterTests.register(this);
    }

    /** The client for commands to them. */
    public RedisClient client() {
        return client;
    }

    /** Starts a server. */
    public Server start(String settings, String... arguments) {
        var server = new Server(FreePort.REDIS.pick(), settings, List.of(arguments));
        servers.add(server);
        server.start();
        return server;
    }

    /** One server process, which keeps its port. */
    public final class Server {
        private final int port;
        private final Path home;
        private final List<String> arguments;
        private Process process;

        private Server(int port, String settings, List<String> arguments) {
            this.port = port;
            this.home = directory.path().resolve("redis-" + port);
            this.arguments = arguments;
            try {
                Files.createDirectory(home);
                Files.writeString(
                        home.resolve("redis.conf"),
                        "bind 127.0.0.1\nport %d\ndir %s\n".formatted(port, home) + settings);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        public int port() {
            return port;
        }

        public String uri() {
            return "redis://127.0.0.1:" + port;
        }

        /** Starts the server, possibly again on its data, and waits until it responds. */
        public void start(String... more) {
            var command = new ArrayList<>(
                    List.of(program.toString(), home.resolve("redis.conf").toString()));
            command.addAll(arguments);
            command.addAll(List.of(more));
            try {
                process = Commands.start(command, home.resolve("log"));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            long begin = System.nanoTime();
            while (!answers()) {
                if (!process.isAlive() || System.nanoTime() - begin > START_BOUND.toNanos()) {
                    throw new IllegalStateException("no Redis on port " + port + ": " + log());
                }
                pauseAMoment();
            }
        }

        private boolean answers() {
            try {
                return "PONG".equals(ask(RedisCommands::ping));
            } catch (RuntimeException e) {
                return false;
            }
        }

        private String log() {
            try {
                return Files.readString(home.resolve("log"));
            } catch (IOException e) {
                return e.toString();
            }
        }

        /** Sends a command on a separate connection. */
        public <T> T ask(Function<RedisCommands<String, String>, T> question) {
            var uri = RedisURI.create(uri());
            uri.setTimeout(Duration.ofSeconds(2));
            try (var connection = client.connect(uri)) {
                return question.apply(connection.sync());
            }
        }

        /** A value of {@code INFO}. */
        public String info(String name) {
            return ask(RedisCommands::info)
                    .lines()
                    .filter(line -> line.startsWith(name + ":"))
                    .map(line -> line.substring(name.length() + 1))
                    .findFirst()
                    .orElse("");
        }

        /** Kills the server, like {@code kill -9}. */
        public void kill() {
            process.destroyForcibly();
            process.onExit().join();
        }

        /** Suspends the server: its connections stay open, and it does not respond. */
        public void hang() {
            Signals.send("STOP", process.toHandle());
        }

        public void wake() {
            Signals.send("CONT", process.toHandle());
        }
    }

    private static void pauseAMoment() {
        try {
            Thread.sleep(Duration.ofMillis(20));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void end() {
        servers.stream().filter(server -> server.process != null).forEach(Server::kill);
        directory.delete();
    }

    @Override
    public void close() {
        CloseAfterTests.unregister(this);
        Runtime.getRuntime().removeShutdownHook(hook);
        client.shutdown();
        end();
    }
}
