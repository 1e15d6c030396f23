package io.keylapse.harness;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** A TCP proxy on loopback, whose connections can be cut, slowed down, or silently blocked. */
public final class TcpProxy implements AutoCloseable {
    private enum Mode {
        PASS,
        SWALLOW,
        REFUSE
    }

    private final ServerSocket front;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private Mode mode = Mode.PASS;
    private int generation;
    private volatile int abandoned;
    private volatile Duration delay = Duration.ZERO;
    private volatile InetSocketAddress target;

    /** A proxy to the host and port of an address, a URI or a JDBC URL. */
    public TcpProxy(String address) {
        this(URI.create(address.replaceFirst("^jdbc:", "")).getPort());
    }

    /** A proxy to that port of this machine. */
    public TcpProxy(int targetPort) {
        try {
            target = portHere(targetPort);
            front = new ServerSocket(0, 128, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        CloseAfterTests.register(this);
        var _ = threads.submit(this::accept);
    }

    /** The port for clients. */
    public int port() {
        return front.getLocalPort();
    }

    /** The same address, a URI or a JDBC URL of one host, through this proxy. */
    public String reaching(String address) {
        return address.replaceFirst("(//|@)([^/@:]+):\\d+", "$1127.0.0.1:" + port());
    }

    /** Sends new connections to that port of this machine; open connections keep their target. */
    public void retarget(int targetPort) {
        target = portHere(targetPort);
    }

    private static InetSocketAddress portHere(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    /** Closes all connections; new ones can be made. */
    public void cut() {
        open.forEach(TcpProxy::close);
    }

    /** Closes all connections, and new ones immediately, until {@link #heal}. */
    public void refuse() {
        become(Mode.REFUSE);
        cut();
    }

    /** Keeps connections open and accepts new ones, but forwards nothing in either direction, until {@link #heal}. */
    public void swallow() {
        become(Mode.SWALLOW);
    }

    /**
     * Forwards nothing any more on the connections that are open now, like a firewall that has dropped them; new
     * connections work.
     */
    public void forget() {
        lock.lock();
        try {
            generation++;
            mode = Mode.PASS;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Like {@link #forget}, and does not forward the end of a connection either, as if the client's host had vanished:
     * the server receives nothing more. The result closes these connections on both sides.
     */
    public Runnable abandon() {
        List<Socket> left;
        lock.lock();
        try {
            forget();
            abandoned = generation;
            left = List.copyOf(open);
        } finally {
            lock.unlock();
        }
        return () -> left.forEach(TcpProxy::close);
    }

    /** Delays all data by that time, in both directions. */
    public void delay(Duration each) {
        delay = each;
    }

    /** Forwards everything without delay again. Data that was blocked arrives now, as from a recovering network. */
    public void heal() {
        delay = Duration.ZERO;
        become(Mode.PASS);
    }

    private void become(Mode next) {
        lock.lock();
        try {
            mode = next;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private Mode mode() {
        lock.lock();
        try {
            return mode;
        } finally {
            lock.unlock();
        }
    }

    private int generation() {
        lock.lock();
        try {
            return generation;
        } finally {
            lock.unlock();
        }
    }

    private void awaitPassage(int made) throws InterruptedException {
        Thread.sleep(delay);
        lock.lock();
        try {
            while (mode == Mode.SWALLOW || made != generation) {
                changed.await();
            }
        } finally {
            lock.unlock();
        }
    }

    private void accept() {
        while (!front.isClosed()) {
            try {
                Socket client = front.accept();
                if (mode() == Mode.REFUSE) {
                    close(client);
                } else {
                    open.add(client);
                    int made = generation();
                    var _ = threads.submit(() -> connect(client, made));
                }
            } catch (IOException e) {
                // The proxy was closed, or the client disconnected at once.
            }
        }
    }

    private void connect(Socket client, int made) {
        var server = new Socket();
        open.add(server);
        try {
            server.connect(target, 2_000);
            server.setTcpNoDelay(true);
            client.setTcpNoDelay(true);
            var _ = threads.submit(() -> pass(server, client, made));
            pass(client, server, made);
        } catch (IOException e) {
            closeBoth(client, server);
        }
    }

    private void pass(Socket from, Socket to, int made) {
        var buffer = new byte[16_384];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                awaitPassage(made);
                out.write(buffer, 0, read);
            }
        } catch (IOException e) {
            // One side is closed, so close the other one too.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            if (made >= abandoned) {
                closeBoth(from, to);
            }
        }
    }

    private void closeBoth(Socket one, Socket other) {
        close(one);
        close(other);
        open.remove(one);
        open.remove(other);
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // It is closed either way.
        }
    }

    @Override
    public void close() {
        CloseAfterTests.unregister(this);
        try {
            front.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        cut();
        threads.shutdownNow();
    }
}
