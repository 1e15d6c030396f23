package io.keylapse.gateways.wire;

import io.keylapse.harness.CloseAfterTests;
import io.keylapse.harness.Node;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** A server on a port of loopback. It can close the port and open it again, and can let connections wait for ever. */
public final class HttpListener implements AutoCloseable {
    private static final int BACKLOG = 256;
    private static final int FULL_AFTER_MILLIS = 50;

    /** Serves one connection, which is closed when it returns or throws. */
    @FunctionalInterface
    public interface Handler {
        void serve(InputStream in, OutputStream out) throws IOException;
    }

    private final int port = Node.freePort();
    private final Handler handler;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final List<AutoCloseable> listening = new ArrayList<>();
    /** Accepts connections; null while none are accepted. */
    private @Nullable Thread accepting;

    public HttpListener(Handler handler) {
        this.handler = handler;
        listen();
        CloseAfterTests.register(this);
    }

    public int port() {
        return port;
    }

    /** Accepts connections again, if it does not. */
    public synchronized void listen() {
        if (accepting == null) {
            closePort();
            ServerSocket socket = bind(BACKLOG);
            accepting = Thread.ofPlatform().daemon().start(() -> accept(socket));
        }
    }

    /** Closes the port and all connections: new ones are refused. */
    public synchronized void closePort() {
        listening.reversed().forEach(HttpListener::close);
        listening.clear();
        if (accepting != null) {
            // The port is free when the thread has left it.
            join(accepting);
            accepting = null;
        }
        cut();
    }

    /** Closes all connections, and lets new ones wait for ever, like a network that drops packets. */
    public synchronized void dropPackets() {
        closePort();
        bind(1);
        boolean isFull = false;
        while (!isFull) {
            // The kernel accepts connections until its queue is full.
            var waiting = new Socket();
            listening.add(waiting);
            try {
                waiting.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), FULL_AFTER_MILLIS);
            } catch (SocketTimeoutException e) {
                isFull = true;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private ServerSocket bind(int backlog) {
        try {
            var socket = new ServerSocket(port, backlog, InetAddress.getLoopbackAddress());
            listening.add(socket);
            return socket;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Closes all connections; new ones can be made. */
    public void cut() {
        open.forEach(HttpListener::close);
    }

    private void accept(ServerSocket socket) {
        while (!socket.isClosed()) {
            try {
                Socket connection = socket.accept();
                connection.setTcpNoDelay(true);
                open.add(connection);
                var _ = threads.submit(() -> serve(connection));
            } catch (IOException e) {
                // The port was closed, or the client has gone.
            }
        }
    }

    private void serve(Socket connection) {
        try (connection) {
            handler.serve(new BufferedInputStream(connection.getInputStream()), connection.getOutputStream());
        } catch (IOException e) {
            // One side has closed the connection.
        } finally {
            open.remove(connection);
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void close(AutoCloseable socket) {
        try {
            socket.close();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        CloseAfterTests.unregister(this);
        closePort();
        threads.shutdownNow();
    }
}
