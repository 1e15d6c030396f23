package io.keylapse.attack;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.keylapse.campaign.stage.ServiceProcess;
import io.keylapse.harness.Client;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The attacked service, in its own process with the image's flags and a bounded heap, with good keys. */
final class AttackedService implements AutoCloseable {
    /** The image's flags that matter for load, and a heap that one machine can exhaust. */
    private static final List<String> JVM_FLAGS = List.of("-Xmx512m", "-XX:+ExitOnOutOfMemoryError");

    private static final Pattern OUT_OF_MEMORY =
            Pattern.compile(".*(OutOfMemoryError|OutOfDirectMemoryError|failed to allocate \\d+ byte).*");
    private static final Pattern CONNECTIONS = Pattern.compile("(?m)^keylapse_http_connections ([0-9.E]+)$");
    private static final int KEYS = 50;

    private final int gatewayPort = Node.freePort();
    private final Path log;
    private final ServiceProcess process;
    private final ProcessHandle started;
    private final Client admin;
    private final List<String> keys;

    /** Starts the service on these stores, with its log in the folder. */
    AttackedService(Stores stores, Path folder) {
        log = folder.resolve("service.log");
        process = new ServiceProcess(
                log,
                Map.of(
                        "KEYLAPSE_POSTGRES_URL", stores.postgresUrl(),
                        "KEYLAPSE_POSTGRES_USER", stores.postgresUser(),
                        "KEYLAPSE_POSTGRES_PASSWORD", stores.postgresPassword(),
                        "KEYLAPSE_REDIS_URI", stores.redisUri(),
                        "KEYLAPSE_GATEWAY_PORT", Integer.toString(gatewayPort)),
                Stream.concat(Stream.of(NettyAgent.jvmFlag(folder)), JVM_FLAGS.stream())
                        .toList());
        process.start();
        started = process.process();
        admin = Client.of(process.port(), ServiceProcess.ADMIN_KEY);
        keys = IntStream.range(0, KEYS)
                .mapToObj(_ -> admin.issue("attack", Duration.ofDays(1)).text("key"))
                .toList();
    }

    InetSocketAddress mainPort() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), process.port());
    }

    InetSocketAddress gatewayPort() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), gatewayPort);
    }

    long pid() {
        return started.pid();
    }

    boolean isAlive() {
        return started.isAlive();
    }

    /** A request that checks one of the good keys on that port. */
    HttpRequest.Builder check(InetSocketAddress port, int number) {
        return request(port, "/check").header("X-API-Key", keys.get(number % KEYS));
    }

    HttpRequest.Builder liveness() {
        return request(mainPort(), "/health/liveness");
    }

    HttpRequest.Builder management() {
        return request(mainPort(), "/v1/keys?limit=1").header("Authorization", "Bearer " + ServiceProcess.ADMIN_KEY);
    }

    private static HttpRequest.Builder request(InetSocketAddress port, String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port.getPort() + path));
    }

    /** Waits until a check is answered, at most for that time. */
    void awaitAnswers(Duration most) throws InterruptedException {
        long until = System.nanoTime() + most.toNanos();
        try (var http = HttpClient.newHttpClient()) {
            var request = check(mainPort(), 0).timeout(SteadyCalls.PATIENCE).build();
            while (System.nanoTime() < until) {
                try {
                    if (http.send(request, BodyHandlers.discarding()).statusCode() == 200) {
                        return;
                    }
                } catch (IOException e) {
                    Thread.sleep(50);
                }
            }
        }
    }

    /** The number of connections that the service reports. */
    int connections() {
        String metrics = admin.get("/prometheus").body();
        Matcher matcher = CONNECTIONS.matcher(metrics);
        if (!matcher.find()) {
            throw new IllegalStateException("no keylapse_http_connections in /prometheus");
        }
        return (int) Double.parseDouble(matcher.group(1));
    }

    long logBytes() throws IOException {
        return Files.size(log);
    }

    /** The number of log lines about a lack of memory. */
    long linesAboutMemory() throws IOException {
        try (var lines = Files.lines(log, UTF_8)) {
            return lines.filter(line -> OUT_OF_MEMORY.matcher(line).matches()).count();
        }
    }

    @Override
    public void close() {
        process.close();
    }
}
