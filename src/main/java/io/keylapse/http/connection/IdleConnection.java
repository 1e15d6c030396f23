package io.keylapse.http.connection;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Idle timeout: closes a connection on which nothing was read or written for some time. Netty's handler reads the clock and
 * allocates a promise for every answer; this one polls a flag several times per timeout.
 */
public final class IdleConnection extends ChannelDuplexHandler {
    /** Polls per timeout. A connection may outlive its timeout by one interval between polls. */
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
            // Closed from the end of the pipeline, so that a check in progress can delay it.
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
