package io.keylapse.harness;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** A wire between a client and a server on loopback that can be cut, slowed down, or swallow what is sent. */
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

    /** A wire to that port of this machine. */
    public TcpProxy(int targetPort) {
        try {
            target = portHere(targetPort);
            front = new ServerSocket(0, 128, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        var _ = threads.submit(this::accept);
    }

    /** Where clients connect to. */
    public int port() {
        return front.getLocalPort();
    }

    /** The same address, a URI or a JDBC URL of one host, by way of this wire. */
    public String reaching(String address) {
        return address.replaceFirst("(//|@)([^/@:]+):\\d+", "$1127.0.0.1:" + port());
    }

    /** From now on new connections go to that port of this machine; those that are open stay where they are. */
    public void retarget(int targetPort) {
        target = portHere(targetPort);
    }

    private static InetSocketAddress portHere(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    /** Closes every connection; new ones are made as before. */
    public void cut() {
        open.forEach(TcpProxy::close);
    }

    /** Closes every connection, and new ones as soon as they are made, until {@link #heal}. */
    public void refuse() {
        become(Mode.REFUSE);
        cut();
    }

    /** Keeps connections open and accepts new ones, but passes nothing on in either direction, until {@link #heal}. */
    public void swallow() {
        become(Mode.SWALLOW);
    }

    /** Never again passes anything on of what is open now, like a firewall that has forgotten it; new ones are well. */
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
     * As {@link #forget}, and not even the end of what is open now is passed on, as when a host has vanished: its server
     * hears nothing more of it. What this returns ends these connections on both sides.
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

    /** From now on each piece of data waits that long before it is passed on, in either direction. */
    public void delay(Duration each) {
        delay = each;
    }

    /**
     * Passes everything on again at once. What was sent while it swallowed arrives now, as it would from a network that
     * comes back.
     */
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
                // Closed, or a client that left at once.
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
            // One end is gone, and so is the wire.
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
            // It is gone either way.
        }
    }

    @Override
    public void close() {
        try {
            front.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        cut();
        threads.shutdownNow();
    }
}
