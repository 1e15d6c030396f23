package io.keylapse.http.connection;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Closes a connection on which nothing was read or written for some time, as Micronaut does, but without the clock and the
 * promise that Netty's handler needs for every answer: it looks now and then whether anything has been going on.
 */
public final class IdleConnection extends ChannelDuplexHandler {
    /** How often it looks within that time, by a part of which a connection may outlive it. */
    private static final int LOOKS = 8;

    private final long pauseMillis;
    private int quietLooks;
    private @Nullable Future<?> looking;

    public IdleConnection(long idleMillis) {
        this.pauseMillis = Math.max(1, idleMillis / LOOKS);
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        looking = context.executor()
                .scheduleWithFixedDelay(() -> look(context), pauseMillis, pauseMillis, TimeUnit.MILLISECONDS);
    }

    private void look(ChannelHandlerContext context) {
        if (++quietLooks > LOOKS) {
            // From the far end, where a verdict under way holds it back.
            var _ = context.channel().close();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        quietLooks = 0;
        context.fireChannelRead(message);
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        quietLooks = 0;
        var _ = context.write(message, promise);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        stopLooking();
        context.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        stopLooking();
    }

    private void stopLooking() {
        Future<?> ended = looking;
        looking = null;
        if (ended != null) {
            ended.cancel(false);
        }
    }
}
