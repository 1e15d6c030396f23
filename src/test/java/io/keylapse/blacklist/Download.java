package io.keylapse.blacklist;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;

/** An export that is read step by step from a socket with a small buffer. */
@NullUnmarked
final class Download implements AutoCloseable {
    private final Socket socket = new Socket();
    private final InputStream in;
    private final int status;
    private final Map<String, String> headers = new HashMap<>();

    Download(int port, String managementKey, String query) throws IOException {
        socket.setReceiveBufferSize(4096);
        socket.setSoTimeout(30_000);
        socket.connect(new InetSocketAddress("localhost", port));
        socket.getOutputStream()
                .write(("GET /v1/blacklist" + query + " HTTP/1.1\r\nHost: localhost\r\nAccept: application/x-ndjson"
                                + "\r\nAuthorization: Bearer " + managementKey + "\r\n\r\n")
                        .getBytes(US_ASCII));
        in = new BufferedInputStream(socket.getInputStream(), 4096);
        status = Integer.parseInt(line().substring("HTTP/1.1 ".length(), "HTTP/1.1 200".length()));
        for (String header = line(); !header.isEmpty(); header = line()) {
            String[] parts = header.split(": ", 2);
            headers.put(parts[0].toLowerCase(Locale.ROOT), parts[1]);
        }
    }

    int status() {
        return status;
    }

    /** The value of a header; the name is in lower case. */
    String header(String name) {
        return headers.get(name);
    }

    /** The body of a response that is not streamed. */
    String body() throws IOException {
        return new String(in.readNBytes(Integer.parseInt(header("content-length"))), UTF_8);
    }

    private String line() throws IOException {
        var line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new EOFException("the stream was cut off");
            }
            line.append((char) c);
        }
        return line.toString().strip();
    }

    /** Reads the next chunk, adds its line ends to the count, and returns its size. */
    int chunk(long[] lines) throws IOException {
        int size = Integer.parseInt(line(), 16);
        byte[] bytes = in.readNBytes(size);
        if (bytes.length < size) {
            throw new EOFException("the stream was cut off");
        }
        for (byte b : bytes) {
            lines[0] += b == '\n' ? 1 : 0;
        }
        line();
        return size;
    }

    /** Reads to the end, and returns the number of lines. */
    long rest() throws IOException {
        var lines = new long[1];
        while (chunk(lines) > 0) {}
        return lines[0];
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    /** Disconnects abruptly, like a killed process. */
    void abort() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }
}
