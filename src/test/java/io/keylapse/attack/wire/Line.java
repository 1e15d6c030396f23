package io.keylapse.attack.wire;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * One connection of an attacker. It never blocks: what the kernel does not accept now is sent by a later {@link #push}.
 */
public final class Line {
    /** Maximum bytes per write, so that no write takes long. */
    private static final int MAX_AT_ONCE = 256 * 1024;

    private static final int MAX_READS = 16;

    private final Target target;
    private final SocketChannel channel;
    private final Deque<ByteBuffer> unsent = new ArrayDeque<>();

    Line(Target target) {
        this.target = target;
        try {
            channel = SocketChannel.open();
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void connect(InetSocketAddress address) {
        try {
            channel.connect(address);
        } catch (IOException e) {
            lost();
        }
    }

    public boolean isOpen() {
        return channel.isOpen();
    }

    /** Whether everything has been sent. */
    public boolean isIdle() {
        return unsent.isEmpty();
    }

    /** Sends these buffers instead of unsent data, as much as the kernel accepts now. The buffers are consumed. */
    public void send(ByteBuffer... buffers) {
        unsent.clear();
        unsent.addAll(List.of(buffers));
        push();
    }

    /** Sends more of the unsent data. */
    public void push() {
        if (!isOpen() || isIdle()) {
            return;
        }
        try {
            if (channel.finishConnect()) {
                while (!isIdle() && wroteAll(unsent.getFirst())) {
                    unsent.removeFirst();
                }
            }
        } catch (IOException e) {
            lost();
        }
    }

    private boolean wroteAll(ByteBuffer buffer) throws IOException {
        int most = Math.clamp(target.leftBytes(), 0, Math.min(buffer.remaining(), MAX_AT_ONCE));
        int count = channel.write(buffer.slice(buffer.position(), most));
        target.countSent(count);
        buffer.position(buffer.position() + count);
        return !buffer.hasRemaining();
    }

    /** Reads received data up to a limit, and discards it. */
    public void swallow() {
        if (!isOpen()) {
            return;
        }
        try {
            if (channel.finishConnect()) {
                int count = 1;
                for (int i = 0; i < MAX_READS && count > 0; i++) {
                    count = channel.read(target.scratch());
                    target.countRead(Math.max(0, count));
                }
                if (count < 0) {
                    lost();
                }
            }
        } catch (IOException e) {
            lost();
        }
    }

    /** Closes the connection with FIN. */
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // The connection is already broken.
        }
        target.forget(this);
    }

    /** Closes the connection with RST. */
    public void reset() {
        try {
            channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        } catch (IOException e) {
            // The other side was faster.
        }
        close();
    }

    private void lost() {
        if (channel.isConnected()) {
            target.countDropped();
        } else {
            target.countRefused();
        }
        close();
    }
}
