package io.keylapse.gateways.wire;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.stream.Collectors.joining;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A request or an answer as it was on the connection. Texts are ISO 8859-1: one character for each byte.
 *
 * @param start the request line or the status line
 * @param body without the framing of chunks
 */
public record HttpMessage(String start, List<Field> fields, String body, List<Field> trailers) {
    private static final int HEX = 16;

    /** A header line. */
    public record Field(String name, String value) {
        @Override
        public String toString() {
            return name + ": " + value;
        }
    }

    /** Reads the start line and the header.
     *
     * @throws EOFException if the connection ends before
     */
    public static HttpMessage head(InputStream in) throws IOException {
        String start = line(in);
        return new HttpMessage(start, fields(in), "", List.of());
    }

    /** Reads the answer to a request with that method. */
    public static HttpMessage answer(InputStream in, String method) throws IOException {
        HttpMessage head = head(in);
        int status = head.status();
        if (method.equals("HEAD") || status < 200 || status == 204 || status == 304) {
            return head;
        }
        if (head.one("Content-Length") == null && head.one("Transfer-Encoding") == null) {
            return head.with(new String(in.readAllBytes(), ISO_8859_1), List.of());
        }
        return head.readBody(in);
    }

    /** This message with its body, if its header says that there is one. */
    public HttpMessage readBody(InputStream in) throws IOException {
        if (one("Transfer-Encoding") != null) {
            String chunks = chunks(in);
            return with(chunks, fields(in));
        }
        String length = one("Content-Length");
        return length == null ? this : with(exactly(in, Integer.parseInt(length)), List.of());
    }

    private HttpMessage with(String newBody, List<Field> newTrailers) {
        return new HttpMessage(start, fields, newBody, newTrailers);
    }

    private static String line(InputStream in) throws IOException {
        var line = new ByteArrayOutputStream();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                throw new EOFException("the connection ended after: " + line.toString(ISO_8859_1));
            }
            line.write(next);
        }
        return line.toString(ISO_8859_1).replaceFirst("\r$", "");
    }

    private static List<Field> fields(InputStream in) throws IOException {
        var fields = new ArrayList<Field>();
        for (String line = line(in); !line.isEmpty(); line = line(in)) {
            int colon = line.indexOf(':');
            fields.add(new Field(
                    line.substring(0, Math.max(colon, 0)),
                    line.substring(colon + 1).strip()));
        }
        return List.copyOf(fields);
    }

    private static String chunks(InputStream in) throws IOException {
        var chunks = new StringBuilder();
        while (true) {
            int size = Integer.parseInt(line(in).replaceFirst(";.*", "").strip(), HEX);
            if (size == 0) {
                return chunks.toString();
            }
            chunks.append(exactly(in, size));
            line(in);
        }
    }

    private static String exactly(InputStream in, int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException("the connection ended within a body");
        }
        return new String(bytes, ISO_8859_1);
    }

    /** All values of a header. */
    public List<String> all(String name) {
        return fields.stream()
                .filter(field -> field.name().equalsIgnoreCase(name))
                .map(Field::value)
                .toList();
    }

    /** The value of a header, the first one if there are several; null if there is none. */
    public @Nullable String one(String name) {
        List<String> values = all(name);
        return values.isEmpty() ? null : values.getFirst();
    }

    public int status() {
        return Integer.parseInt(start.split(" ", 3)[1]);
    }

    public String method() {
        return start.split(" ", 3)[0];
    }

    /** The request target, as it was on the request line. */
    public String target() {
        return start.split(" ", 3)[1];
    }

    /** The start line and the header, as they are sent. */
    public String head() {
        return start + "\r\n" + fields.stream().map(field -> field + "\r\n").collect(joining()) + "\r\n";
    }
}
