package io.keylapse.client;

import io.keylapse.client.AnswerReader.Answer;
import java.io.Closeable;
import java.io.IOException;
import java.io.Serial;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A node of the service, with its kept connections. Thread-safe. */
final class Node implements Closeable {
    /** How long no check goes to a node that has failed. */
    private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);
    /** Kept connections that were idle for longer are not used, because firewalls forget them. */
    private static final long MAX_IDLE_NANOS = TimeUnit.SECONDS.toNanos(30);
    /** {@link #outUntil} of a node in rotation. */
    private static final long IN_ROTATION = Long.MIN_VALUE;

    private final NodeAddress address;
    private final String requestLines;
    private final KeylapseClient.Settings settings;
    private final Watchdog watchdog;
    private final Semaphore connections;
    /** The last one used comes first. */
    private final ConcurrentLinkedDeque<Connection> idle = new ConcurrentLinkedDeque<>();
    /** Of {@link System#nanoTime}. */
    private final AtomicLong outUntil = new AtomicLong(IN_ROTATION);

    private volatile boolean isClosed;

    Node(NodeAddress address, KeylapseClient.Settings settings, Watchdog watchdog) {
        this.address = address;
        this.requestLines = address.requestLines();
        this.settings = settings;
        this.watchdog = watchdog;
        this.connections = new Semaphore(settings.maxConnectionsPerNode());
    }

    /** Whether the node has not failed since it last answered. */
    boolean isInRotation() {
        return outUntil.get() == IN_ROTATION;
    }

    /** Whether this check is the one that tries the node after a failure and a pause. */
    boolean isToBeTried() {
        long until = outUntil.get();
        long now = System.nanoTime();
        return until != IN_ROTATION
                && now - until >= 0
                && outUntil.compareAndSet(until, now + settings.total().toNanos());
    }

    void failed() {
        outUntil.set(System.nanoTime() + PAUSE_NANOS);
    }

    void answered() {
        if (outUntil.get() != IN_ROTATION) {
            outUntil.set(IN_ROTATION);
        }
    }

    /**
     * Sends a check to this node and returns its response.
     *
     * @param headers the lines of the headers, with those that end them
     * @param end when all must be done, as {@link System#nanoTime}
     */
    Answer ask(String headers, long end) throws IOException, InterruptedException {
        return send(requestLines + headers, end);
    }

    /**
     * Sends a request of a key holder to this node and returns its response.
     *
     * @param rest the lines of the headers, with those that end them, and the body
     */
    Answer ask(String method, String path, String rest, long end) throws IOException, InterruptedException {
        return send(address.requestLines(method, path) + rest, end);
    }

    private Answer send(String text, long end) throws IOException, InterruptedException {
        byte[] request = text.getBytes(StandardCharsets.ISO_8859_1);
        if (!connections.tryAcquire(left(settings.connect().toNanos(), end), TimeUnit.NANOSECONDS)) {
            throw new AllBusyException();
        }
        try {
            Connection kept = takeIdle();
            if (kept != null) {
                try {
                    return askOn(kept, request, end);
                } catch (IOException e) {
                    // The node may have closed it between two checks. Then a new connection is not a second attempt.
                    boolean wasClosed = !(e instanceof NoResultException) && !kept.hasBegunToAnswer();
                    if (!wasClosed || Thread.currentThread().isInterrupted() || end - System.nanoTime() <= 0) {
                        throw e;
                    }
                }
            }
            long connect = left(settings.connect().toNanos(), end);
            return askOn(Connection.open(address, settings.tls(), connect, watchdog), request, end);
        } finally {
            connections.release();
        }
    }

    private Answer askOn(Connection connection, byte[] request, long end) throws IOException {
        boolean isKept = false;
        try {
            Answer answer = connection.ask(request, left(settings.answer().toNanos(), end));
            isKept = !answer.isLast() && connection.isOpen() && !isClosed;
            return answer;
        } finally {
            if (isKept) {
                keep(connection);
            } else {
                Watchdog.closeQuietly(connection);
            }
        }
    }

    private @Nullable Connection takeIdle() {
        for (Connection each = idle.pollFirst(); each != null; each = idle.pollFirst()) {
            if (System.nanoTime() - each.lastUsed() < MAX_IDLE_NANOS && each.isSilent()) {
                return each;
            }
            Watchdog.closeQuietly(each);
        }
        return null;
    }

    private void keep(Connection connection) {
        idle.addFirst(connection);
        Connection oldest = idle.peekLast();
        if (oldest != null
                && System.nanoTime() - oldest.lastUsed() >= MAX_IDLE_NANOS
                && idle.removeLastOccurrence(oldest)) {
            Watchdog.closeQuietly(oldest);
        }
        if (isClosed) {
            closeIdle();
        }
    }

    private static long left(long limit, long end) {
        return Math.max(0, Math.min(limit, end - System.nanoTime()));
    }

    /** Closes idle connections now, and the others after their check. */
    @Override
    public void close() {
        isClosed = true;
        closeIdle();
    }

    private void closeIdle() {
        for (Connection each = idle.pollFirst(); each != null; each = idle.pollFirst()) {
            Watchdog.closeQuietly(each);
        }
    }

    @Override
    public String toString() {
        return address.toString();
    }

    /** All connections to the node are in use. It does not mean that the node has failed. */
    static final class AllBusyException extends IOException {
        @Serial
        private static final long serialVersionUID = 1;

        AllBusyException() {
            super("all connections are in use");
        }
    }
}
