package io.keylapse.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.keylapse.harness.CloseAfterTests;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import javax.net.ServerSocketFactory;

/** A server on loopback that answers requests as a test says, well or badly. */
final class ScriptedNode implements AutoCloseable {
    static final String GOOD = good("acme");
    static final String REFUSED = problem(
            "401 Unauthorized",
            "KEY_EXPIRED",
            "WWW-Authenticate: Bearer realm=\"keylapse\", error=\"invalid_token\"",
            "X-Key-Id: key_1a",
            "X-Key-Expired-At: 2026-11-22T16:42:38.641Z",
            "X-Key-Renew-Url: https://renew.example/M%C3%BCller?a=100%25");
    static final String UNAVAILABLE = problem("503 Service Unavailable", "STORE_UNAVAILABLE", "Retry-After: 7");
    /** Instead of an answer: the connection is closed. */
    static final String CLOSE = "close";
    /** Instead of an answer: nothing is sent. */
    static final String HANG = "hang";

    /** The answer to a request; the numbers count from 1. */
    @FunctionalInterface
    interface Script {
        String answer(String request, int connection, int requestOfConnection) throws Exception;
    }

    private final ServerSocket server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final AtomicInteger connections = new AtomicInteger();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private volatile Script script;
    private volatile Duration drip = Duration.ZERO;

    /** A node that always gives this answer. */
    ScriptedNode(String answer) {
        this((request, connection, number) -> answer);
    }

    ScriptedNode(Script script) {
        this(script, ServerSocketFactory.getDefault());
    }

    ScriptedNode(Script script, ServerSocketFactory sockets) {
        this.script = script;
        try {
            server = sockets.createServerSocket(0, 100, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        CloseAfterTests.register(this);
        threads.execute(this::accept);
    }

    static String good(String owner, String... headers) {
        return response(
                "200 OK",
                "",
                List.of("X-Consumer-ID: " + owner, "X-Credential-Identifier: key_1a", "X-Key-Scopes: read write"),
                headers);
    }

    static String problem(String status, String code, String... headers) {
        return response(
                status,
                "{\"status\":" + status.substring(0, 3) + ",\"detail\":\"Zoë\",\"code\":\"" + code + "\"}",
                List.of(
                        "Content-Type: application/problem+json",
                        "Cache-Control: no-store",
                        "X-Content-Type-Options: nosniff",
                        "X-Key-Code: " + code),
                headers);
    }

    private static String response(String status, String body, List<String> headers, String... more) {
        return "HTTP/1.1 " + status + "\r\n" + String.join("\r\n", headers) + "\r\n"
                + (more.length == 0 ? "" : String.join("\r\n", more) + "\r\n") + "content-length: "
                + body.getBytes(UTF_8).length + "\r\n\r\n" + body;
    }

    String address() {
        return "http://127.0.0.1:" + port();
    }

    int port() {
        return server.getLocalPort();
    }

    int connections() {
        return connections.get();
    }

    int openConnections() {
        return open.size();
    }

    List<String> requests() {
        return requests;
    }

    /** Sends one more byte after each pause, without end, after each answer. */
    ScriptedNode dripping(Duration pause) {
        drip = pause;
        return this;
    }

    void follow(Script next) {
        script = next;
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                open.add(socket);
                int connection = connections.incrementAndGet();
                threads.execute(() -> serve(socket, connection));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket socket, int connection) {
        try (socket) {
            InputStream in = new BufferedInputStream(socket.getInputStream());
            OutputStream out = socket.getOutputStream();
            for (int number = 1; ; number++) {
                String request = head(in);
                requests.add(request);
                String answer = script.answer(request, connection, number);
                if (answer.equals(CLOSE)) {
                    return;
                }
                if (!answer.equals(HANG)) {
                    out.write(answer.getBytes(UTF_8));
                    out.flush();
                }
                while (!drip.isZero()) {
                    LockSupport.parkNanos(drip.toNanos());
                    out.write('x');
                    out.flush();
                }
            }
        } catch (Exception e) {
            // The client has closed the connection, or the test is over.
        } finally {
            open.remove(socket);
        }
    }

    private static String head(InputStream in) throws IOException {
        var head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int each = in.read();
            if (each < 0) {
                throw new IOException("no more requests");
            }
            head.append((char) each);
        }
        return head.toString();
    }

    @Override
    public void close() throws IOException {
        CloseAfterTests.unregister(this);
        server.close();
        for (Socket each : open) {
            each.close();
        }
        threads.shutdownNow();
    }
}
