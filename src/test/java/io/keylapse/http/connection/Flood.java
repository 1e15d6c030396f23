package io.keylapse.http.connection;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** A connection to this machine that sends as much as the other side accepts, and reads nothing. */
final class Flood implements AutoCloseable {
    private final SocketChannel channel;

    private Flood(SocketChannel channel) {
        this.channel = channel;
    }

    static Flood begin(int port, byte[] bytes) throws IOException {
        SocketChannel channel = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        Thread.startVirtualThread(() -> {
            try {
                var rest = ByteBuffer.wrap(bytes);
                while (rest.hasRemaining()) {
                    channel.write(rest);
                }
            } catch (IOException _) {
                // The connection was closed, which ends the flood.
            }
        });
        return new Flood(channel);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
