package io.keylapse.gateways;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;

import io.keylapse.gateways.Gateway.Addresses;
import io.keylapse.gateways.wire.Caller;
import io.keylapse.gateways.wire.HttpMessage;
import io.keylapse.harness.CloseAfterTests;
import io.keylapse.harness.Node;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;

/** A running gateway, the backend that it protects, and the nodes that it asks. */
final class Site implements AutoCloseable {
    private final Gateway gateway;
    private final Backend backend = new Backend();
    private final List<KeylapseFront> nodes;
    private final int port = Node.freePort();
    private final Path folder;
    private final Process process;

    private Site(Gateway gateway, Path parent, boolean hasDefaultRoute, List<Integer> nodePorts) throws IOException {
        this.gateway = gateway;
        nodes = nodePorts.stream().map(KeylapseFront::new).toList();
        folder = Files.createTempDirectory(parent, gateway.toString());
        // A gateway that was started by root runs as another user.
        for (Path each : List.of(parent, folder)) {
            Files.setPosixFilePermissions(each, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        var addresses = new Addresses(
                port,
                Node.freePort(),
                backend.port(),
                nodes.stream().map(KeylapseFront::port).toList(),
                hasDefaultRoute);
        var starting = new ProcessBuilder(gateway.prepare(folder, addresses))
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log().toFile());
        // Where Caddy keeps its files.
        starting.environment().put("HOME", folder.toString());
        starting.environment().put("XDG_CONFIG_HOME", folder.toString());
        starting.environment().put("XDG_DATA_HOME", folder.toString());
        process = starting.start();
        CloseAfterTests.register(this);
    }

    /** Starts a gateway with these nodes, whose files will be in the folder. */
    static Site start(Gateway gateway, Path folder, Integer... nodePorts) throws IOException {
        return new Site(gateway, folder, true, List.of(nodePorts)).awaitStarted();
    }

    /** A gateway without scopes for {@code /}. */
    static Site startWithoutDefaultRoute(Gateway gateway, Path folder, int nodePort) throws IOException {
        return new Site(gateway, folder, false, List.of(nodePort)).awaitStarted();
    }

    private Site awaitStarted() throws IOException {
        await().atMost(20, SECONDS).until(() -> !process.isAlive() || accepts());
        if (!process.isAlive()) {
            throw new IllegalStateException(gateway + " has ended: " + logs());
        }
        return this;
    }

    private boolean accepts() {
        try {
            connect().close();
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    Gateway gateway() {
        return gateway;
    }

    Backend backend() {
        return backend;
    }

    /** The first node, or the only one. */
    KeylapseFront node() {
        return nodes.getFirst();
    }

    List<KeylapseFront> nodes() {
        return nodes;
    }

    private Path log() {
        return folder.resolve("output.log");
    }

    /** What the gateway has logged. */
    String logs() throws IOException {
        Path errors = folder.resolve("error.log");
        return Files.readString(log()) + (Files.exists(errors) ? Files.readString(errors) : "");
    }

    /** Sends a request without a body, such as {@code GET /x}, with these header lines. */
    HttpMessage ask(String methodAndTarget, String... headers) throws IOException {
        return Caller.exchange(port, head(methodAndTarget, headers));
    }

    /** Sends a request with a body. */
    HttpMessage send(String methodAndTarget, String body, String... headers) throws IOException {
        return Caller.exchange(port, with(head(methodAndTarget, headers), "Content-Length: " + body.length()) + body);
    }

    /** Sends a request with a body in chunks of that many bytes. */
    HttpMessage sendInChunks(String methodAndTarget, String body, int size, String... headers) throws IOException {
        var request = new StringBuilder(with(head(methodAndTarget, headers), "Transfer-Encoding: chunked"));
        for (int from = 0; from < body.length(); from += size) {
            String chunk = body.substring(from, Math.min(from + size, body.length()));
            request.append(Integer.toHexString(chunk.length()))
                    .append("\r\n")
                    .append(chunk)
                    .append("\r\n");
        }
        return Caller.exchange(port, request.append("0\r\n\r\n").toString());
    }

    /** Sends these bytes. */
    HttpMessage exchange(String request) throws IOException {
        return Caller.exchange(port, request);
    }

    Caller connect() throws IOException {
        return new Caller(port);
    }

    /** The head of a request that ends its connection, unless it has a Connection header of its own. */
    static String head(String methodAndTarget, String... headers) {
        String head = keptHead(methodAndTarget, headers);
        return head.contains("\r\nConnection:") ? head : with(head, "Connection: close");
    }

    /** The same head with one more header line. */
    static String with(String head, String header) {
        return head.substring(0, head.length() - "\r\n".length()) + header + "\r\n\r\n";
    }

    static String keptHead(String methodAndTarget, String... headers) {
        return methodAndTarget + " HTTP/1.1\r\nHost: api.example\r\n"
                + List.of(headers).stream().map(header -> header + "\r\n").reduce("", String::concat) + "\r\n";
    }

    @Override
    public void close() {
        CloseAfterTests.unregister(this);
        // Apache has child processes.
        Stream.concat(process.descendants().toList().stream(), Stream.of(process.toHandle()))
                .forEach(ProcessHandle::destroyForcibly);
        process.onExit().join();
    }

    @Override
    public String toString() {
        return gateway + " with " + nodes.size() + " nodes";
    }
}
