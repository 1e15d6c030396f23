package io.keylapse.http.connection;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufHolder;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.TimeUnit;

/**
 * Lingering close of a connection whose client may still be sending. It shuts down our side, drops what arrives, and closes
 * when the client has closed, or after {@value #MAX_BYTES} bytes or {@value #MAX_MILLIS} ms. Closing with unread bytes would
 * make the kernel reset the connection, and the client could lose the response.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9112#section-9.6">RFC 9112, section 9.6, Tear-down</a>
 */
final class LingeringClose extends ChannelInboundHandlerAdapter {
    private static final int MAX_BYTES = 64 * 1024;
    private static final long MAX_MILLIS = 1_000;

    private long dropped;

    private LingeringClose() {}

    /** Starts to close, unless that has started already. The promise succeeds when the connection is closed. */
    static void begin(Channel channel, ChannelPromise promise) {
        channel.closeFuture().addListener(_ -> promise.trySuccess());
        if (channel.pipeline().get(LingeringClose.class) != null) {
            return;
        }
        // First in the pipeline, so that dropped bytes are neither decrypted nor decoded.
        channel.pipeline().addFirst(new LingeringClose());
        if (channel instanceof DuplexChannel duplex && channel.pipeline().get(SslHandler.class) == null) {
            var _ = duplex.shutdownOutput();
        }
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        var _ = context.executor().schedule(() -> close(context), MAX_MILLIS, TimeUnit.MILLISECONDS);
        context.read();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        dropped += switch (message) {
            case ByteBuf bytes -> bytes.readableBytes();
            case ByteBufHolder content -> content.content().readableBytes();
            default -> 0;
        };
        ReferenceCountUtil.release(message);
        if (dropped > MAX_BYTES) {
            close(context);
        }
    }

    private static void close(ChannelHandlerContext context) {
        var _ = context.close();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        context.read();
    }
}
