package io.keylapse.gateways;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.keylapse.gateways.wire.Caller;
import io.keylapse.gateways.wire.HttpListener;
import io.keylapse.gateways.wire.HttpMessage;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A node of Keylapse as a gateway reaches it: in front of a real one, and able to fail. It records the checks, without
 * the gateway's own health checks, and counts the connections that they came on.
 */
public final class KeylapseFront {
    /** How a node fails. */
    public enum Fault {
        /** Refuses connections. */
        DOWN(""),
        /** Connections are neither accepted nor refused. */
        UNREACHABLE(""),
        /** Answers when it has healed. */
        HANGING(""),
        /** Closes the connection instead of an answer. */
        CLOSING(""),
        SPEAKING_NONSENSE("what?\r\n\r\n"),
        ANSWERING_503(answer("503 Service Unavailable", "Retry-After: 1", "X-Key-Code: STORE_UNAVAILABLE")),
        ANSWERING_500(answer("500 Internal Server Error")),
        ANSWERING_404(answer("404 Not Found")),
        REDIRECTING(answer("302 Found", "Location: http://127.0.0.1:1/"));

        private final String answer;

        Fault(String answer) {
            this.answer = answer;
        }
    }

    private final int node;
    private final List<HttpMessage> checks = new CopyOnWriteArrayList<>();
    private final AtomicInteger connections = new AtomicInteger();
    private final HttpListener listener;
    /** What it says instead of the node's answers; null if the node answers, empty if it closes the connection. */
    private volatile @Nullable String scripted;

    /** Complete while it answers. */
    private volatile CompletableFuture<Void> answering = CompletableFuture.completedFuture(null);

    /** In front of the node on that port of this machine. */
    public KeylapseFront(int node) {
        this.node = node;
        listener = new HttpListener(this::serve);
    }

    /** An answer without a body. */
    public static String answer(String status, String... headers) {
        var lines = new ArrayList<>(List.of("HTTP/1.1 " + status, "Content-Length: 0"));
        lines.addAll(List.of(headers));
        return String.join("\r\n", lines) + "\r\n\r\n";
    }

    public int port() {
        return listener.port();
    }

    public void fail(Fault fault) {
        switch (fault) {
            case DOWN -> listener.closePort();
            case UNREACHABLE -> listener.dropPackets();
            case HANGING -> answering = new CompletableFuture<>();
            default -> scripted = fault.answer;
        }
    }

    /** Gives this answer to each check. */
    public void answerWith(String answer) {
        scripted = answer;
    }

    /** Works again. */
    public void heal() {
        scripted = null;
        answering.complete(null);
        listener.listen();
    }

    /** Closes all connections, as a node does with idle ones. */
    public void cut() {
        listener.cut();
    }

    /** The checks that have arrived. */
    public List<HttpMessage> checks() {
        return checks;
    }

    /** The number of connections on which at least one check came. */
    public int connections() {
        return connections.get();
    }

    private void serve(InputStream in, OutputStream out) throws IOException {
        boolean isCounted = false;
        try (var upstream = new Caller(node)) {
            boolean isKept = true;
            while (isKept) {
                HttpMessage request = HttpMessage.head(in).readBody(in);
                if (isCheck(request)) {
                    checks.add(request);
                    if (!isCounted) {
                        isCounted = true;
                        connections.incrementAndGet();
                    }
                }
                answering.join();
                String answer = scripted;
                if (answer == null) {
                    upstream.send(request.head() + request.body());
                    HttpMessage ofNode = upstream.answer(request.method());
                    answer = ofNode.head() + ofNode.body();
                    isKept = ofNode.all("Connection").isEmpty();
                } else if (answer.isEmpty()) {
                    return;
                }
                out.write(answer.getBytes(ISO_8859_1));
            }
        }
    }

    /** Health checks have no key and demand no scopes. */
    private static boolean isCheck(HttpMessage request) {
        return request.fields().stream()
                .anyMatch(field -> field.name().matches("(?i)X-API-Key|Authorization|X-Required-Scopes"));
    }
}
