package io.keylapse.http.gateway.pipeline;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import jakarta.inject.Singleton;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts the connections of all listeners, and closes what is beyond the bound before anything is made for it: each would
 * cost memory and a descriptor, which the stores need too.
 */
@Singleton
@ChannelHandler.Sharable
final class Connections extends ChannelInboundHandlerAdapter {
    private final int most;
    private final AtomicInteger open = new AtomicInteger();
    private final Counter refused;

    Connections(ListenerSettings settings, MeterRegistry meters) {
        this.most = settings.maxConnections();
        meters.gauge("keylapse.http.connections", open);
        this.refused = meters.counter("keylapse.http.connections.refused");
    }

    /** What a listener reads are connections. */
    @Override
    public void channelRead(ChannelHandlerContext listener, Object message) {
        if (!(message instanceof Channel connection)) {
            listener.fireChannelRead(message);
        } else if (open.incrementAndGet() > most) {
            open.decrementAndGet();
            refused.increment();
            connection.unsafe().closeForcibly();
        } else {
            connection.closeFuture().addListener(_ -> open.decrementAndGet());
            listener.fireChannelRead(connection);
        }
    }
}
