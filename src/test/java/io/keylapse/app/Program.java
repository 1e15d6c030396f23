package io.keylapse.app;

import static org.awaitility.Awaitility.await;

import io.keylapse.harness.CloseAfterTests;
import io.keylapse.harness.Signals;
import io.keylapse.harness.Stores;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.commons.io.FileUtils;

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
        var flags = new ArrayList<String>();
        if (jar.equals(jar())) {
            flags.addAll(AheadOfTime.FLAGS);
        }
        flags.addAll(List.of("-jar", jar.toString()));
        return start(jvm(flags), folder, environment, arguments);
    }

    private static List<String> jvm(List<String> flags) {
        // If the tests run in the background, SIGINT is ignored, and the program would inherit that.
        var command = new ArrayList<>(List.of("env", "--default-signal=INT", java(), "-XX:TieredStopAtLevel=1"));
        command.addAll(flags);
        return command;
    }

    private static Program start(List<String> jvm, Path folder, Map<String, String> environment, String... arguments) {
        var command = new ArrayList<>(jvm);
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
     * What the JVM loads and links in a start of the jar, recorded once for a jar: a start takes less than half the
     * processor time. Without it, the program starts as usual.
     */
    private static final class AheadOfTime {
        static final List<String> FLAGS = record().map(cache -> List.of("-XX:AOTCache=" + cache, "-Xlog:disable"))
                .orElse(List.of());

        private static Optional<Path> record() {
            try (var file = FileChannel.open(
                            jar().resolveSibling("keylapse.aot.lock"),
                            StandardOpenOption.CREATE,
                            StandardOpenOption.WRITE);
                    // Other test processes wait for the one that records.
                    var _ = file.lock()) {
                long built = Files.getLastModifiedTime(jar()).toMillis();
                Path cache = jar().resolveSibling("keylapse-" + built + ".aot");
                if (Files.notExists(cache)) {
                    Path folder = Files.createTempDirectory(cache.getParent(), "draft-");
                    Path draft = folder.resolve("cache");
                    var command = List.of("-XX:AOTCacheOutput=" + draft, "-jar", jar().toString());
                    try (Program recorded = start(jvm(command), folder, environment(Stores.shared()), "serve")) {
                        recorded.awaitPort();
                        recorded.signal("TERM");
                        recorded.awaitEnd();
                    }
                    if (Files.notExists(draft)) {
                        return Optional.empty();
                    }
                    Files.move(draft, cache, StandardCopyOption.ATOMIC_MOVE);
                    FileUtils.deleteDirectory(folder.toFile());
                }
                return Optional.of(cache);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
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
    void signal(String name) {
        Signals.send(name, process.toHandle());
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
