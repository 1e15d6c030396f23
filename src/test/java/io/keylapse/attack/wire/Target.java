package io.keylapse.attack.wire;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * An attacked port and the limits of the attack: concurrent connections, total bytes, and time. Only loopback addresses
 * are allowed. For one thread; no method blocks for longer than a pause.
 */
public final class Target implements AutoCloseable {
    private static final Duration ROUND = Duration.ofMillis(10);

    /**
     * Maximum new connections per round, so that an attacker whose connections are dropped does not loop at full speed.
     */
    private static final int MAX_NEW = 20;

    private final InetSocketAddress address;
    private final int connections;
    private final long bytes;
    private final long end;
    private final Set<Line> open = new HashSet<>();
    private final ByteBuffer scratch = ByteBuffer.allocateDirect(64 * 1024);
    private long opened;
    private long refused;
    private long dropped;
    private long sent;
    private long read;

    /** @throws IllegalArgumentException if the address is not loopback */
    Target(InetSocketAddress address, int connections, long bytes, Duration time) {
        if (address.getAddress() == null || !address.getAddress().isLoopbackAddress()) {
            throw new IllegalArgumentException("only loopback may be attacked, not " + address);
        }
        this.address = address;
        this.connections = connections;
        this.bytes = bytes;
        this.end = System.nanoTime() + time.toNanos();
    }

    /** Whether time and bytes are left. */
    public boolean goesOn() {
        return leftNanos() > 0 && sent < bytes;
    }

    private long leftNanos() {
        return end - System.nanoTime();
    }

    /** A new connection, which may not be established yet. */
    Line connect() {
        if (open.size() >= connections) {
            throw new IllegalStateException("more than " + connections + " connections at once");
        }
        opened++;
        var line = new Line(this);
        open.add(line);
        line.connect(address);
        return line;
    }

    public List<Line> connect(int count) {
        var lines = new ArrayList<Line>();
        for (int i = 0; i < count; i++) {
            lines.add(connect());
        }
        return lines;
    }

    /**
     * Replaces closed connections, a few at a time, until there are as many as the limit allows; greets the new ones.
     */
    public void refill(List<Line> lines, Consumer<Line> greeting) {
        lines.removeIf(line -> !line.isOpen());
        for (int i = 0; i < MAX_NEW && open.size() < connections; i++) {
            Line line = connect();
            lines.add(line);
            greeting.accept(line);
        }
    }

    /** Waits for that time, or until the end, and keeps sending the connections' data meanwhile. */
    public void hold(List<Line> lines, Duration time) throws InterruptedException {
        long until = System.nanoTime() + time.toNanos();
        while (goesOn() && System.nanoTime() < until) {
            lines.forEach(Line::push);
            pause(ROUND);
        }
    }

    /** Waits for that time, or until the end. */
    public void pause(Duration time) throws InterruptedException {
        long nanos = Math.min(time.toNanos(), leftNanos());
        if (nanos > 0) {
            Thread.sleep(Duration.ofNanos(nanos));
        }
    }

    ByteBuffer scratch() {
        return scratch.clear();
    }

    /** The number of bytes that may still be sent. */
    long leftBytes() {
        return bytes - sent;
    }

    void countSent(long count) {
        sent += count;
    }

    void countRead(long count) {
        read += count;
    }

    void countRefused() {
        refused++;
    }

    void countDropped() {
        dropped++;
    }

    void forget(Line line) {
        open.remove(line);
    }

    Tally tally() {
        return new Tally(opened, refused, dropped, sent, read);
    }

    /** Drops all connections. */
    @Override
    public void close() {
        List.copyOf(open).forEach(Line::reset);
    }
}
