package io.keylapse.app;

import static org.awaitility.Awaitility.await;

import io.keylapse.harness.CloseAfterTests;
import io.keylapse.harness.Stores;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The packaged program in its own process, with its output in files. */
final class Program implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Process process;
    private final Path out;
    private final Path err;

    private Program(Process process, Path out, Path err) {
        this.process = process;
        this.out = out;
        this.err = err;
        CloseAfterTests.register(this);
    }

    /** The result of a program that has exited. */
    record Ended(int exitCode, String out, String err) {}

    static Path jar() {
        return Path.of(System.getProperty("keylapse.jar"));
    }

    static Path serverJar() {
        return jar().resolveSibling("keylapse-server.jar");
    }

    /** The environment of a service on these stores, on a free port. */
    static Map<String, String> environment(Stores stores) {
        return new HashMap<>(Map.of(
                "KEYLAPSE_POSTGRES_URL", stores.postgresUrl(),
                "KEYLAPSE_POSTGRES_USER", stores.postgresUser(),
                "KEYLAPSE_POSTGRES_PASSWORD", stores.postgresPassword(),
                "KEYLAPSE_REDIS_URI", stores.redisUri(),
                "KEYLAPSE_ADMIN_KEY", "an-admin-key-for-tests-only",
                "MICRONAUT_SERVER_PORT", "-1",
                "KEYLAPSE_DRAIN_TIME", "PT0S"));
    }

    static Program start(Path folder, Map<String, String> environment, String... arguments) {
        return start(jar(), folder, environment, arguments);
    }

    static Program start(Path jar, Path folder, Map<String, String> environment, String... arguments) {
        // If the tests run in the background, SIGINT is ignored, and the program would inherit that.
        var command = new ArrayList<>(List.of("env", "--default-signal=INT", java(), "-XX:TieredStopAtLevel=1"));
        if (jar.equals(jar())) {
            command.addAll(Archive.FLAGS);
        }
        command.addAll(List.of("-jar", jar.toString()));
        command.addAll(List.of(arguments));
        try {
            Path out = Files.createTempFile(folder, "stdout-", ".txt");
            Path err = Files.createTempFile(folder, "stderr-", ".txt");
            var builder = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectInput(new File("/dev/null"))
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile());
            set(builder, environment);
            return new Program(builder.start(), out, err);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sets the settings of the program, and none that this JVM was started with. */
    private static void set(ProcessBuilder program, Map<String, String> settings) {
        program.environment().keySet().removeIf(name -> name.startsWith("KEYLAPSE_") || name.contains("MICRONAUT"));
        program.environment().putAll(settings);
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    /**
     * The classes of the jar in the form of class data sharing, made once for a jar: a start takes half the time. Without
     * it, the program starts as usual.
     */
    private static final class Archive {
        static final List<String> FLAGS = make().map(
                        archive -> List.of("-XX:SharedArchiveFile=" + archive, "-Xlog:disable"))
                .orElse(List.of());

        private static Optional<Path> make() {
            try {
                long built = Files.getLastModifiedTime(jar()).toMillis();
                Path archive = jar().resolveSibling("keylapse-" + built + ".jsa");
                if (Files.notExists(archive)) {
                    Path draft = Files.createTempFile(archive.getParent(), "draft-", ".jsa");
                    // It ends when it finds no Postgres. By then it has loaded most classes.
                    var start = new ProcessBuilder(
                                    java(), "-XX:ArchiveClassesAtExit=" + draft, "-jar", jar().toString(), "serve")
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD);
                    set(
                            start,
                            Map.of(
                                    "KEYLAPSE_POSTGRES_URL", "jdbc:postgresql://127.0.0.1:1/postgres",
                                    "KEYLAPSE_REDIS_URI", "redis://127.0.0.1:1",
                                    "KEYLAPSE_ADMIN_KEY", "an-admin-key-for-tests-only",
                                    "MICRONAUT_SERVER_PORT", "-1"));
                    Process started = start.start();
                    if (!started.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS) || Files.size(draft) == 0) {
                        started.destroyForcibly();
                        Files.delete(draft);
                        return Optional.empty();
                    }
                    Files.move(draft, archive, StandardCopyOption.ATOMIC_MOVE);
                }
                return Optional.of(archive);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
    }

    /** Waits until the program listens on a port, and returns the port. */
    int awaitPort() {
        await().atMost(PATIENCE).until(() -> !process.isAlive() || out().contains("listening on"));
        if (!process.isAlive()) {
            throw new AssertionError("it ended: " + out() + err());
        }
        return Integer.parseInt(out().replaceFirst("(?s).*?listening on http://[^:]+:(\\d+).*", "$1"));
    }

    Ended awaitEnd() {
        try {
            if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError("it did not end: " + out() + err());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        return new Ended(process.exitValue(), out(), err());
    }

    String out() {
        return read(out);
    }

    String err() {
        return read(err);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The running child processes. */
    List<ProcessHandle> children() {
        return process.descendants().toList();
    }

    /** Sends a signal, such as INT. */
    void signal(String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .start()
                .waitFor();
    }

    void killMinusNine() {
        process.destroyForcibly();
        process.onExit().join();
    }

    CompletableFuture<Process> onExit() {
        return process.onExit();
    }

    @Override
    public void close() {
        CloseAfterTests.unregister(this);
        List<ProcessHandle> children = children();
        killMinusNine();
        children.forEach(ProcessHandle::destroyForcibly);
    }
}
