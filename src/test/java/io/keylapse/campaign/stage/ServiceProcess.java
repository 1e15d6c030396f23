package io.keylapse.campaign.stage;

import io.keylapse.harness.Node;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The packaged program in its own process, which can be killed and started again on the same port. */
public final class ServiceProcess implements AutoCloseable {
    public static final String ADMIN_KEY = "an-admin-key-for-tests-only";
    private static final Duration START_BOUND = Duration.ofMinutes(2);

    private final HttpClient http = HttpClient.newHttpClient();
    private final int port = Node.freePort();
    private final Path log;
    private final Map<String, String> environment;
    private final List<String> jvmFlags;
    private Process process;
    private volatile boolean closed;

    /**
     * A service; not started yet.
     *
     * @param log its log file
     * @param environment the settings that name its stores
     * @param jvmFlags of its JVM
     */
    public ServiceProcess(Path log, Map<String, String> environment, List<String> jvmFlags) {
        this.log = log;
        this.environment = environment;
        this.jvmFlags = jvmFlags;
    }

    public int port() {
        return port;
    }

    public synchronized ProcessHandle process() {
        return process.toHandle();
    }

    /**
     * Starts the service and waits until it is ready. If it exits because a store is down, it is started again, as an
     * orchestrator would do.
     */
    public void start() {
        long begin = System.nanoTime();
        launch();
        try {
            while (!closed && !isReady()) {
                if (System.nanoTime() - begin > START_BOUND.toNanos()) {
                    throw new IllegalStateException("the service did not get ready; see " + log);
                }
                if (process.waitFor(50, TimeUnit.MILLISECONDS)) {
                    launch();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void launch() {
        if (closed) {
            return;
        }
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(jvmFlags);
        command.addAll(List.of("-jar", System.getProperty("keylapse.jar", "target/keylapse.jar")));
        var builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().keySet().removeIf(name -> name.startsWith("KEYLAPSE_") || name.contains("MICRONAUT"));
        builder.environment().putAll(environment);
        builder.environment().put("KEYLAPSE_ADMIN_KEY", ADMIN_KEY);
        builder.environment().put("MICRONAUT_SERVER_PORT", Integer.toString(port));
        builder.environment().put("KEYLAPSE_DRAIN_TIME", "PT0S");
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether its readiness is 200. */
    public boolean isReady() {
        var request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/health/readiness"))
                .timeout(Duration.ofSeconds(2))
                .build();
        try {
            return http.send(request, BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Kills the process immediately. */
    public void kill() {
        process().destroyForcibly();
        process().onExit().join();
    }

    @Override
    public void close() {
        closed = true;
        synchronized (this) {
            if (process != null) {
                process.destroyForcibly().onExit().join();
            }
        }
        http.shutdownNow();
    }
}
