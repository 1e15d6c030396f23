package io.keylapse.http.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.http.HttpHeaders;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** A connection that sends arbitrary bytes; each character is one byte. */
public final class RawConnection implements AutoCloseable {
    private final Socket socket;
    private final OutputStream out;
    private final InputStream in;

    public RawConnection(Node node) throws IOException {
        this(node.port());
    }

    public RawConnection(int port) throws IOException {
        this(new Socket("localhost", port));
    }

    /** A connection that is made already, such as one with TLS. */
    public RawConnection(Socket connected) throws IOException {
        socket = connected;
        socket.setSoTimeout(20_000);
        out = socket.getOutputStream();
        in = new BufferedInputStream(socket.getInputStream());
    }

    /** Sets the timeout of a response. */
    public void timeout(Duration patience) throws IOException {
        socket.setSoTimeout((int) patience.toMillis());
    }

    /** Sends a request without a body; each header is one line. */
    public RawConnection request(String method, String target, String... headers) throws IOException {
        return send(head(method, target, headers));
    }

    /** Sends a request together with its body. */
    public RawConnection requestWithBody(String method, String target, String body, String... headers)
            throws IOException {
        return send(head(method, target, headers) + body);
    }

    /** The bytes of a request without a body. */
    public static String head(String method, String target, String... headers) {
        return method + " " + target + " HTTP/1.1\r\nHost: keylapse\r\n" + lines(headers) + "\r\n";
    }

    public RawConnection send(String bytes) throws IOException {
        out.write(bytes.getBytes(ISO_8859_1));
        out.flush();
        return this;
    }

    /** The next response. */
    public Answer answer() throws IOException {
        return answer(true);
    }

    /** The next response, to a HEAD request. */
    public Answer answerToHead() throws IOException {
        return answer(false);
    }

    /** Everything until the other side closes the connection. */
    public String rest() throws IOException {
        return new String(in.readAllBytes(), ISO_8859_1);
    }

    /** Whether the other side has closed the connection. */
    public boolean isClosed() throws IOException {
        return in.read() < 0;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    public static String lines(String... headers) {
        return headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n";
    }

    private Answer answer(boolean hasBody) throws IOException {
        int status = Integer.parseInt(line().split(" ", 3)[1]);
        var headers = new TreeMap<String, List<String>>(String.CASE_INSENSITIVE_ORDER);
        for (String line = line(); !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            headers.computeIfAbsent(line.substring(0, colon), name -> new ArrayList<>())
                    .add(line.substring(colon + 1).strip());
        }
        var all = HttpHeaders.of(headers, (name, value) -> true);
        int length = (int) all.firstValueAsLong("Content-Length").orElse(0);
        return new Answer(status, all, hasBody ? in.readNBytes(length) : new byte[0]);
    }

    private String line() throws IOException {
        var line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new EOFException("the connection ended after: " + line);
            }
            line.append((char) c);
        }
        return line.toString().stripTrailing();
    }
}
