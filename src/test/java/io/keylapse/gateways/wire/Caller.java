package io.keylapse.gateways.wire;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;

/** A client's connection, on which any bytes can be sent. */
public final class Caller implements AutoCloseable {
    private static final int TIMEOUT_MILLIS = 20_000;

    private final Socket socket = new Socket();
    private final InputStream in;

    /** Connects to a port of this machine. */
    public Caller(int port) throws IOException {
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), TIMEOUT_MILLIS);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(TIMEOUT_MILLIS);
        in = new BufferedInputStream(socket.getInputStream());
    }

    /** The final answer to a request, which is sent as it is, on a connection of its own. */
    public static HttpMessage exchange(int port, String request) throws IOException {
        try (var caller = new Caller(port)) {
            // A refusal may come before all of the body was read.
            Thread.ofVirtual().start(() -> caller.sendIfRead(request));
            return caller.answer(request.split(" ", 2)[0]);
        }
    }

    private void sendIfRead(String text) {
        try {
            send(text);
        } catch (IOException e) {
            // The answer says why.
        }
    }

    public void send(String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(ISO_8859_1));
    }

    /** The next final answer, or 101. */
    public HttpMessage answer(String method) throws IOException {
        HttpMessage answer = next(method);
        while (answer.status() < 200 && answer.status() != 101) {
            answer = next(method);
        }
        return answer;
    }

    /** The next answer, final or not. */
    public HttpMessage next(String method) throws IOException {
        return HttpMessage.answer(in, method);
    }

    /** The next bytes, as many as that, whatever they are. */
    public String read(int bytes) throws IOException {
        return new String(in.readNBytes(bytes), ISO_8859_1);
    }

    /** All bytes until the other side ends the connection. */
    public String readAll() throws IOException {
        return new String(in.readAllBytes(), ISO_8859_1);
    }

    /** Whether the other side ends the connection within that time, instead of an answer or of waiting longer. */
    public boolean isEndedWithin(int millis) throws IOException {
        socket.setSoTimeout(millis);
        in.mark(1);
        try {
            int next = in.read();
            in.reset();
            return next < 0;
        } catch (SocketTimeoutException e) {
            return false;
        } finally {
            socket.setSoTimeout(TIMEOUT_MILLIS);
        }
    }

    /** Ends what this side sends; answers can still be read. */
    public void sendNoMore() throws IOException {
        socket.shutdownOutput();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
