package io.keylapse.gateways.examples;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.keylapse.gateways.Backend;
import io.keylapse.gateways.KeylapseFront;
import io.keylapse.gateways.wire.Caller;
import io.keylapse.gateways.wire.HttpMessage;
import io.keylapse.gateways.wire.HttpMessage.Field;
import io.keylapse.harness.CloseAfterTests;
import io.keylapse.harness.Node;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** An example in its own process, with two nodes, and with a backend if it is a gateway. */
final class RunningExample implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Example example;
    private final Backend backend = new Backend();
    private final List<KeylapseFront> nodes;
    private final int port = Node.freePort();
    private final Path log;
    private final Process process;

    private RunningExample(Example example, Path folder, int nodePort) throws IOException {
        this.example = example;
        this.nodes = List.of(new KeylapseFront(nodePort), new KeylapseFront(nodePort));
        this.log = folder.resolve("output.log");
        var starting = new ProcessBuilder(example.startCommand(port))
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        starting.environment()
                .putAll(Map.of(
                        "PORT",
                        Integer.toString(port),
                        "BACKEND",
                        "http://127.0.0.1:" + backend.port(),
                        "KEYLAPSE_NODES",
                        nodes.stream()
                                .map(each -> "http://127.0.0.1:" + each.port())
                                .collect(joining(",")),
                        "DJANGO_SETTINGS_MODULE",
                        "api",
                        "PYTHONDONTWRITEBYTECODE",
                        "1"));
        process = starting.start();
        CloseAfterTests.register(this);
    }

    /** Starts an example that was built in that folder. */
    static RunningExample start(Example example, Path folder, int nodePort) throws IOException {
        var started = new RunningExample(example, folder, nodePort);
        await().atMost(60, SECONDS).until(() -> !started.process.isAlive() || started.accepts());
        assertThat(started.process.isAlive())
                .as(() -> example + " has ended: " + started.log())
                .isTrue();
        return started;
    }

    private boolean accepts() {
        try {
            new Caller(port).close();
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    List<KeylapseFront> nodes() {
        return nodes;
    }

    String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** Takes back what a test has done to the nodes and the backend. */
    RunningExample reset() {
        nodes.forEach(KeylapseFront::heal);
        backend.takeReceived();
        return this;
    }

    /** What Keylapse answers to a check of a request with these header lines. */
    HttpMessage saidByKeylapse(String scopes, String... headers) throws IOException {
        return Caller.exchange(
                nodes.getFirst().port(), head("GET /check", headers) + "X-Required-Scopes: " + scopes + "\r\n\r\n");
    }

    private static String head(String methodAndTarget, String... headers) {
        return methodAndTarget + " HTTP/1.1\r\nHost: api.example\r\nConnection: close\r\n"
                + Stream.of(headers).map(line -> line + "\r\n").collect(joining());
    }

    /** The answer to a request without a body, such as {@code GET /x}, with these header lines. */
    HttpMessage ask(String methodAndTarget, String... headers) throws IOException {
        return Caller.exchange(port, head(methodAndTarget, headers) + "\r\n");
    }

    /** What reaches the API of a body that is sent in chunks. */
    String bodyThatReachesTheApi(String target, String body, String... headers) throws IOException {
        int half = body.length() / 2;
        String chunked = Stream.of(body.substring(0, half), body.substring(half))
                .map(each -> Integer.toHexString(each.length()) + "\r\n" + each + "\r\n")
                .collect(joining());
        HttpMessage answer = Caller.exchange(
                port,
                head("POST " + target, headers) + "Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + chunked + "0\r\n\r\n");
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return example.isGateway() ? backend.takeOnly().body() : answer.body();
    }

    /** What the API has seen of a request that passed: lines of its headers, and the owner of the key. */
    record Seen(String owner, String path, List<Field> headers) {
        List<String> all(String name) {
            return headers.stream()
                    .filter(each -> each.name().equalsIgnoreCase(name))
                    .map(Field::value)
                    .toList();
        }
    }

    /** Sends a request, which must pass. */
    Seen pass(String methodAndTarget, String... headers) throws IOException {
        HttpMessage answer = ask(methodAndTarget, headers);
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return example.isGateway() ? seenByBackend(backend.takeOnly()) : seenByApi(answer);
    }

    private static Seen seenByBackend(HttpMessage request) {
        String owner = String.join(",", request.all("X-Consumer-ID"));
        return new Seen(URLDecoder.decode(owner, UTF_8), request.target(), request.fields());
    }

    private static Seen seenByApi(HttpMessage answer) throws IOException {
        JsonNode seen = JSON.readTree(answer.body().getBytes(ISO_8859_1));
        var headers = new ArrayList<Field>();
        seen.get("headers")
                .properties()
                .forEach(each ->
                        headers.add(new Field(each.getKey(), each.getValue().asText())));
        return new Seen(seen.get("owner").asText(), seen.get("path").asText(), headers);
    }

    /** Whether a request that got this answer has reached the API, below that path. */
    boolean hasReached(String path, HttpMessage answer) {
        return example.isGateway()
                ? backend.takeReceived().stream().anyMatch(each -> each.target().contains(path))
                : answer.status() == 200 && answer.body().contains("\"owner\"");
    }

    @Override
    public void close() {
        CloseAfterTests.unregister(this);
        process.destroyForcibly();
        process.onExit().join();
    }
}
