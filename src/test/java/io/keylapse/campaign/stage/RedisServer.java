package io.keylapse.campaign.stage;

import io.keylapse.harness.Node;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.apache.commons.io.FileUtils;
import org.awaitility.Awaitility;
import redis.embedded.RedisExecProvider;

/** A Redis server that can be killed, paused, and made a replica of another one. */
public final class RedisServer implements AutoCloseable {
    static final String PASSWORD = "campaign";
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final RedisClient client;
    private final Path folder;
    private final int port = Node.freePort();
    private Process process;
    private boolean closed;

    /** A server with its data in that directory; not started yet. */
    RedisServer(RedisClient client, Path folder) {
        this.client = client;
        this.folder = folder;
    }

    int port() {
        return port;
    }

    public ProcessHandle process() {
        return process.toHandle();
    }

    /** Starts the server on its existing data, and waits until it responds. */
    public synchronized void start() {
        if (closed) {
            throw new IllegalStateException("the campaign ends");
        }
        try {
            Files.createDirectories(folder);
            Path settings =
                    Files.writeString(folder.resolve("redis.conf"), """
                    bind 127.0.0.1
                    port %d
                    requirepass %s
                    masterauth %s
                    dir %s
                    daemonize no
                    appendonly yes
                    appendfsync no
                    save ""
                    repl-diskless-sync-delay 0
                    notify-keyspace-events Ex
                    """.formatted(port, PASSWORD, PASSWORD, folder));
            process = new ProcessBuilder(Program.UNPACKED.toString(), settings.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(
                            folder.resolve("redis.log").toFile()))
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        awaitTrue(() -> "PONG".equals(ask(RedisCommands::ping)));
    }

    /** Starts the server as an empty replica of the other, and waits until it has copied all data. */
    public void startAsReplicaOf(RedisServer primary) {
        FileUtils.deleteQuietly(folder.toFile());
        start();
        ask(commands -> commands.replicaof("127.0.0.1", primary.port));
        awaitTrue(() -> ask(commands -> commands.info("replication")).contains("master_link_status:up"));
    }

    /** Kills the server immediately. */
    public synchronized void kill() {
        process.destroyForcibly().onExit().join();
    }

    /** Sends a command directly, not through a proxy. */
    public <T> T ask(Function<RedisCommands<byte[], byte[]>, T> question) {
        var uri = RedisURI.builder()
                .withHost("127.0.0.1")
                .withPort(port)
                .withPassword(PASSWORD.toCharArray())
                .withTimeout(Duration.ofSeconds(10))
                .build();
        try (StatefulRedisConnection<byte[], byte[]> connection = client.connect(ByteArrayCodec.INSTANCE, uri)) {
            return question.apply(connection.sync());
        }
    }

    private static void awaitTrue(Callable<Boolean> condition) {
        Awaitility.await()
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(20))
                .ignoreExceptionsInstanceOf(RedisException.class)
                .until(condition);
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (process != null) {
            kill();
        }
    }

    /** The server program, unpacked once. */
    private static final class Program {
        private static final File UNPACKED = unpack();

        private static File unpack() {
            try {
                return RedisExecProvider.defaultProvider().get();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
