package io.keylapse.gateways;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.gateways.wire.HttpListener;
import io.keylapse.gateways.wire.HttpMessage;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The protected API. It records each request, and answers with 200 or with the {@code status} of the query. */
public final class Backend {
    public static final String ANSWER = "the API's answer";

    private static final Pattern STATUS = Pattern.compile("[?&]status=(\\d+)");

    private final List<HttpMessage> received = new ArrayList<>();
    private final HttpListener listener = new HttpListener(this::serve);

    public int port() {
        return listener.port();
    }

    /** What was received since the last call. */
    public List<HttpMessage> takeReceived() {
        synchronized (received) {
            var taken = List.copyOf(received);
            received.clear();
            return taken;
        }
    }

    /** The one request that was received since the last call. */
    public HttpMessage takeOnly() {
        List<HttpMessage> taken = takeReceived();
        assertThat(taken).as("requests at the backend").hasSize(1);
        return taken.getFirst();
    }

    private void serve(InputStream in, OutputStream out) throws IOException {
        boolean isKept = true;
        while (isKept) {
            HttpMessage head = HttpMessage.head(in);
            if (!head.all("Upgrade").isEmpty()) {
                record(head);
                upgrade(head, in, out);
                return;
            }
            if (!head.all("Expect").isEmpty()) {
                write(out, "HTTP/1.1 100 Continue\r\n\r\n");
            }
            HttpMessage request = head.readBody(in);
            record(request);
            isKept = !"close".equalsIgnoreCase(request.one("Connection"));
            Matcher status = STATUS.matcher(request.target());
            String answer = """
                    HTTP/1.1 %s Answered\r
                    Content-Type: text/plain\r
                    X-Backend: yes\r
                    Content-Length: %d\r
                    %s\r
                    """.formatted(
                    status.find() ? status.group(1) : "200", ANSWER.length(), isKept ? "" : "Connection: close\r\n");
            write(out, answer + (request.method().equals("HEAD") ? "" : ANSWER));
        }
    }

    private void record(HttpMessage request) {
        synchronized (received) {
            received.add(request);
        }
    }

    /** Accepts each upgrade, and then echoes all bytes. */
    private static void upgrade(HttpMessage request, InputStream in, OutputStream out) throws IOException {
        write(
                out,
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: " + request.one("Upgrade")
                        + "\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
        in.transferTo(out);
    }

    private static void write(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(ISO_8859_1));
    }
}
