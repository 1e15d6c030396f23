package io.keylapse.active.redis;

import io.lettuce.core.resource.EventLoopGroupProvider;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.EventExecutorGroup;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;

/**
 * Lets Lettuce work on the event loops of the server, so that a check that reads Redis need not change threads twice, which
 * costs more than the reading. They end with the server and not with Lettuce.
 *
 * <p>So nothing that runs on an event loop may wait for Redis: the answer might have to come over that very loop.
 */
final class ServerEventLoops implements EventLoopGroupProvider {
    private final EventLoopGroup loops;

    ServerEventLoops(EventLoopGroup loops) {
        this.loops = loops;
    }

    /** These, whatever the type: both sides take Netty's native transport if there is one. */
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
