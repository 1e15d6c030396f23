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

/** One connection of an attacker. It never blocks: what the kernel does not take now is sent by a later {@link #push}. */
public final class Line {
    /** Bytes a write at the most, so that none takes long. */
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

    /** Whether all that was to be sent has been sent. */
    public boolean isIdle() {
        return unsent.isEmpty();
    }

    /** Sends these instead of whatever is unsent, as much as the kernel takes now. The buffers are used up. */
    public void send(ByteBuffer... buffers) {
        unsent.clear();
        unsent.addAll(List.of(buffers));
        push();
    }

    /** Sends more of what is unsent. */
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

    /** Reads what has come, up to a bound, and forgets it. */
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

    /** Ends it in order. */
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // It is of no use any more, which is all that was wanted.
        }
        target.forget(this);
    }

    /** Ends it with a reset. */
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
