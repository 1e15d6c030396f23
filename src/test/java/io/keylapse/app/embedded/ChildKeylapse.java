package io.keylapse.app.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** A separate JVM that starts the stores, writes to them, and waits to be stopped, like {@code keylapse dev}. */
final class ChildKeylapse implements AutoCloseable {

    private static final String THROWAWAY = "throwaway";

    private final Process process;
    private final Path ready;
    private final Path output;

    private ChildKeylapse(Process process, Path ready, Path output) {
        this.process = process;
        this.ready = ready;
        this.output = output;
    }

    static ChildKeylapse on(Path data, Path scratch) throws IOException {
        return launch(data.toString(), scratch);
    }

    static ChildKeylapse throwaway(Path scratch) throws IOException {
        return launch(THROWAWAY, scratch);
    }

    private static ChildKeylapse launch(String data, Path scratch) throws IOException {
        Path ready = scratch.resolve("ready");
        Path output = scratch.resolve("output");
        // It leads its own process group, like a command started in a terminal, so that a test can send Ctrl-C. If the
        // tests run in the background, SIGINT is ignored, and the child would inherit that.
        List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT", "setsid"));
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                ChildKeylapse.class.getName(),
                data,
                ready.toString()));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .redirectInput(new File("/dev/null"))
                .start();
        return new ChildKeylapse(process, ready, output);
    }

    /** Its output lines: the pid of Postgres, the pid of Redis, the data directory. */
    List<String> awaitReady() throws IOException {
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> Files.exists(ready));
        return Files.readAllLines(ready);
    }

    void killMinusNine() {
        process.destroyForcibly();
        process.onExit().join();
    }

    /** Sends SIGINT to the whole process group, as a terminal does on Ctrl-C. */
    int pressControlC() throws IOException, InterruptedException {
        new ProcessBuilder("sh", "-c", "kill -INT -" + process.pid()).start().waitFor();
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).as("it ends at Ctrl-C").isTrue();
        return process.exitValue();
    }

    long pid() {
        return process.pid();
    }

    String output() throws IOException {
        return Files.readString(output);
    }

    @Override
    public void close() {
        killMinusNine();
    }

    public static void main(String[] arguments) throws Exception {
        boolean throwaway = THROWAWAY.equals(arguments[0]);
        EmbeddedStores stores = throwaway ? ThrowawayStores.start() : EmbeddedStores.start(Path.of(arguments[0]));
        if (!throwaway) {
            Runtime.getRuntime().addShutdownHook(new Thread(stores::close));
        }
        StoreClient.write(stores, "kept");
        Path ready = Path.of(arguments[1]);
        Path draft = ready.resolveSibling("draft");
        Files.write(
                draft,
                Stream.of(
                                stores.postgres().pid(),
                                stores.redis().pid(),
                                stores.postgres().home.getParent())
                        .map(Object::toString)
                        .toList());
        Files.move(draft, ready);
        new CountDownLatch(1).await();
    }
}
