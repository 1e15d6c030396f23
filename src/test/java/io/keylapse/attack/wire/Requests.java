package io.keylapse.attack.wire;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.ByteBuffer;
import java.util.List;

/** Requests as bytes; each character is one byte. */
public final class Requests {
    /** Requests that need no credential, with different responses from different threads. */
    public static final List<String> OF_ANYBODY = List.of(
            get("/n"),
            get("/prometheus"),
            get("/health"),
            get("/health/liveness"),
            get("/health/readiness"),
            get("//check"),
            get("/check"),
            get("/v1/keys"),
            post("/introspect", "application/x-www-form-urlencoded", "token=x"),
            post("/v1/keys", "application/json", "{}"),
            get("/v1/self"),
            get("/openapi.yaml"),
            get("/api-docs"),
            get("/console"));

    private Requests() {}

    public static String get(String target, String... headers) {
        return head("GET", target, headers) + "\r\n";
    }

    public static String post(String target, String type, String body) {
        return head("POST", target, "Content-Type: " + type, "Content-Length: " + body.length()) + "\r\n" + body;
    }

    /** The head of a request without the empty line at its end. */
    public static String head(String method, String target, String... headers) {
        var lines = new StringBuilder(method + " " + target + " HTTP/1.1\r\nHost: keylapse\r\n");
        for (String header : headers) {
            lines.append(header).append("\r\n");
        }
        return lines.toString();
    }

    public static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(ISO_8859_1));
    }

    /**
     * The bytes in a direct buffer, for data that is sent in pieces and many times: the JDK copies the rest of a heap
     * buffer at each write.
     */
    public static ByteBuffer shared(String text) {
        byte[] bytes = text.getBytes(ISO_8859_1);
        return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    }
}
