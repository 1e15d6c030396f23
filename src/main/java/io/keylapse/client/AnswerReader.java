package io.keylapse.client;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads HTTP/1.1 responses. It knows only the form in which a node answers checks: one {@code Content-Length}, no
 * repeated headers, no line folding, and nothing after the body. Everything else is an error, because a response that can
 * be read in two ways could be taken for that of another key.
 */
final class AnswerReader {
    static final int MAX_HEAD_BYTES = 16 * 1024;
    static final int MAX_BODY_BYTES = 64 * 1024;
    private static final int MAX_HEADERS = 100;
    private static final int BUFFER_BYTES = 4096;
    private static final Pattern STATUS_LINE = Pattern.compile("HTTP/1\\.1 ([2-5][0-9][0-9]) .*");
    private static final Pattern NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
    private static final Pattern LENGTH = Pattern.compile("[0-9]{1,5}");

    private final InputStream in;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private final StringBuilder line = new StringBuilder();
    private int position;
    private int end;
    private int headBytes;

    AnswerReader(InputStream in) {
        this.in = in;
    }

    /**
     * A response.
     *
     * @param headers by name, in any case
     * @param isLast whether the node closes the connection
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Answer(int status, Map<String, String> headers, byte[] body, boolean isLast) {}

    /** Whether a part of the current response has been received. */
    boolean hasBegun() {
        return headBytes > 0;
    }

    /** Forgets the last response, before the next request is sent. */
    void reset() {
        headBytes = 0;
    }

    /**
     * Reads a response.
     *
     * @throws NoResultException if the response has another form
     * @throws EOFException if the connection ends before it is complete
     */
    Answer read() throws IOException {
        Matcher status = STATUS_LINE.matcher(line());
        if (!status.matches()) {
            throw new NoResultException("not a response of HTTP/1.1");
        }
        Map<String, String> headers = headers();
        if (headers.containsKey("Transfer-Encoding")) {
            throw new NoResultException("the response has a Transfer-Encoding");
        }
        byte[] body = body(length(headers));
        if (position < end) {
            throw new NoResultException("bytes after the response");
        }
        String connection = headers.getOrDefault("Connection", "keep-alive");
        return new Answer(Integer.parseInt(status.group(1)), headers, body, !connection.equalsIgnoreCase("keep-alive"));
    }

    private Map<String, String> headers() throws IOException {
        var headers = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
        for (String each = line(); !each.isEmpty(); each = line()) {
            int colon = each.indexOf(':');
            if (colon < 0 || !NAME.matcher(each.substring(0, colon)).matches()) {
                throw new NoResultException("a malformed header");
            }
            String name = each.substring(0, colon);
            if (headers.put(name, each.substring(colon + 1).strip()) != null) {
                throw new NoResultException("the header " + name + " twice");
            }
            if (headers.size() > MAX_HEADERS) {
                throw new NoResultException("more than " + MAX_HEADERS + " headers");
            }
        }
        return headers;
    }

    private static int length(Map<String, String> headers) throws NoResultException {
        String length = headers.getOrDefault("Content-Length", "");
        if (!LENGTH.matcher(length).matches()) {
            throw new NoResultException("no usable Content-Length");
        }
        int bytes = Integer.parseInt(length);
        if (bytes > MAX_BODY_BYTES) {
            throw new NoResultException("a body of more than " + MAX_BODY_BYTES + " bytes");
        }
        return bytes;
    }

    /** A line without its CRLF. It has only visible ASCII, spaces and tabs. */
    private String line() throws IOException {
        line.setLength(0);
        while (true) {
            char c = (char) next();
            if (c == '\r') {
                if (next() != '\n') {
                    throw new NoResultException("a line that ends without CRLF");
                }
                return line.toString();
            }
            if (c != '\t' && (c < ' ' || c > '~')) {
                throw new NoResultException("a character in the headers that is not visible ASCII");
            }
            line.append(c);
        }
    }

    private int next() throws IOException {
        if (position == end) {
            end = Math.max(0, in.read(buffer));
            position = 0;
            if (end == 0) {
                throw new EOFException("the node closed the connection");
            }
        }
        if (++headBytes > MAX_HEAD_BYTES) {
            throw new NoResultException("headers of more than " + MAX_HEAD_BYTES + " bytes");
        }
        return buffer[position++] & 0xFF;
    }

    private byte[] body(int length) throws IOException {
        int buffered = Math.min(length, end - position);
        byte[] body = Arrays.copyOf(Arrays.copyOfRange(buffer, position, position + buffered), length);
        position += buffered;
        if (in.readNBytes(body, buffered, length - buffered) < length - buffered) {
            throw new EOFException("the node closed the connection within its response");
        }
        return body;
    }
}
