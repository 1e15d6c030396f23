package io.keylapse.client;

import io.keylapse.client.AnswerReader.Answer;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.util.concurrent.Future;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/** A connection to a node. One thread at a time uses it. */
final class Connection implements Closeable {
    private final SocketChannel channel;
    private final OutputStream out;
    private final AnswerReader reader;
    private final Watchdog watchdog;
    private long lastUsed = System.nanoTime();

    private Connection(SocketChannel channel, InputStream in, OutputStream out, Watchdog watchdog) {
        this.channel = channel;
        this.out = out;
        this.reader = new AnswerReader(in);
        this.watchdog = watchdog;
    }

    /** Connects within that time. The handshake of TLS belongs to the first request. */
    static Connection open(NodeAddress address, @Nullable SSLSocketFactory tls, long nanos, Watchdog watchdog)
            throws IOException, InterruptedException {
        long start = System.nanoTime();
        var target = address.resolve(nanos);
        SocketChannel channel = address.open();
        Future<?> limit = watchdog.closeAfter(Math.max(0, nanos - (System.nanoTime() - start)), channel);
        try {
            channel.connect(target);
            if (!address.isTls()) {
                return new Connection(
                        channel, Channels.newInputStream(channel), Channels.newOutputStream(channel), watchdog);
            }
            var sockets = tls == null ? (SSLSocketFactory) SSLSocketFactory.getDefault() : tls;
            var socket = (SSLSocket) sockets.createSocket(channel.socket(), address.host(), address.port(), true);
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
            return new Connection(channel, socket.getInputStream(), socket.getOutputStream(), watchdog);
        } catch (IOException | RuntimeException e) {
            Watchdog.closeQuietly(channel);
            if (System.nanoTime() - start >= nanos) {
                throw new NoResultException("not connected in time");
            }
            throw e;
        } finally {
            limit.cancel(false);
        }
    }

    /**
     * Sends a request and reads its response within that time. After an exception, and after the last response, the
     * connection must be closed.
     */
    Answer ask(byte[] request, long nanos) throws IOException {
        long start = System.nanoTime();
        Future<?> limit = watchdog.closeAfter(nanos, channel);
        try {
            reader.reset();
            out.write(request);
            out.flush();
            return reader.read();
        } catch (IOException e) {
            if (System.nanoTime() - start >= nanos) {
                throw new NoResultException("no response in time");
            }
            throw e;
        } finally {
            limit.cancel(false);
            lastUsed = System.nanoTime();
        }
    }

    /** Whether a part of a response to the last request has been received. */
    boolean hasBegunToAnswer() {
        return reader.hasBegun();
    }

    /** When the connection was last used, as {@link System#nanoTime}. */
    long lastUsed() {
        return lastUsed;
    }

    /**
     * Whether an idle connection can be used: it is open, and nothing has been received. What a node sends without being
     * asked could be taken for the response to the next request.
     */
    boolean isSilent() {
        try {
            channel.configureBlocking(false);
            boolean isSilent = channel.read(ByteBuffer.allocate(1)) == 0;
            channel.configureBlocking(true);
            return isSilent;
        } catch (IOException e) {
            return false;
        }
    }

    boolean isOpen() {
        return channel.isOpen();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
