package io.keylapse.notice.webhook;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.NullUnmarked;

/** A receiver on loopback that stores the bytes of every request and responds with arbitrary bytes. */
@NullUnmarked
final class RawReceiver implements AutoCloseable {
    private static final String END_OF_HEAD = "\r\n\r\n";

    private final ServerSocket server;
    private final Script script;
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final AtomicInteger connections = new AtomicInteger();

    /** Responds to one request. */
    interface Script {
        void answer(Request request, Socket socket) throws Exception;
    }

    /**
     * A received request.
     *
     * @param connection the number of the connection, from 1
     * @param head request line and headers, one character per byte
     */
    record Request(int connection, String head) {
        String target() {
            return head.split(" ", 3)[1];
        }

        String header(String name) {
            return head.lines()
                    .filter(line -> line.regionMatches(true, 0, name + ":", 0, name.length() + 1))
                    .map(line -> line.substring(name.length() + 1).strip())
                    .findFirst()
                    .orElse(null);
        }
    }

    RawReceiver(Script script) {
        this.script = script;
        try {
            server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.startVirtualThread(this::accept);
    }

    /** Responds to every request with these bytes and keeps the connection open. */
    static RawReceiver answering(String answer) {
        return new RawReceiver((_, socket) -> write(socket, answer));
    }

    static void write(Socket socket, String answer) throws IOException {
        socket.getOutputStream().write(answer.getBytes(ISO_8859_1));
        socket.getOutputStream().flush();
    }

    /** Resets a connection instead of closing it cleanly. */
    static void reset(Socket socket) throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    int port() {
        return server.getLocalPort();
    }

    List<Request> requests() {
        return requests;
    }

    int connections() {
        return connections.get();
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = server.accept();
                sockets.add(socket);
                int number = connections.incrementAndGet();
                Thread.startVirtualThread(() -> serve(number, socket));
            }
        } catch (IOException e) {
            // Closed at the end of the test.
        }
    }

    private void serve(int number, Socket socket) {
        try (socket) {
            while (true) {
                String head = readHead(socket.getInputStream());
                var request = new Request(number, head);
                socket.getInputStream().readNBytes(Integer.parseInt(request.header("Content-Length")));
                requests.add(request);
                script.answer(request, socket);
                if (socket.isClosed()) {
                    return;
                }
            }
        } catch (Exception e) {
            // The client has disconnected.
        }
    }

    private static String readHead(InputStream in) throws IOException {
        var head = new ByteArrayOutputStream();
        while (!head.toString(ISO_8859_1).endsWith(END_OF_HEAD)) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("no more requests");
            }
            head.write(next);
        }
        return head.toString(ISO_8859_1);
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
