package io.keylapse.active.redis;

import io.lettuce.core.resource.EventLoopGroupProvider;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.EventExecutorGroup;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;

/**
 * Event loops of the HTTP server, shared with Lettuce. A check that reads Redis then needs no change of threads, which would
 * cost more than the read. The server shuts the loops down, not Lettuce.
 *
 * <p>Code on an event loop must never wait for Redis: the answer may have to arrive on the same loop.
 */
final class ServerEventLoops implements EventLoopGroupProvider {
    private final EventLoopGroup loops;

    ServerEventLoops(EventLoopGroup loops) {
        this.loops = loops;
    }

    /** Returns the shared loops for every type: both sides prefer Netty's native transport. */
    @Override
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    public <T extends EventLoopGroup> T allocate(Class<T> type) {
        return (T) loops;
    }

    @Override
    public int threadPoolSize() {
        return (int) StreamSupport.stream(loops.spliterator(), false).count();
    }

    @Override
    public Future<Boolean> release(EventExecutorGroup group, long quietPeriod, long timeout, TimeUnit unit) {
        return ImmediateEventExecutor.INSTANCE.newSucceededFuture(true);
    }

    @Override
    public Future<Boolean> shutdown(long quietPeriod, long timeout, TimeUnit unit) {
        return ImmediateEventExecutor.INSTANCE.newSucceededFuture(true);
    }
}
