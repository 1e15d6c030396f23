package io.keylapse.http.gateway.pipeline;

import io.keylapse.http.connection.AddressShares;
import io.keylapse.http.connection.AddressShares.Share;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.RecvByteBufAllocator;
import jakarta.inject.Singleton;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts the connections of all listeners, and closes what is beyond the bound before anything is made for it: each would
 * cost memory and a descriptor, which the stores need too. On the main port each client address has a share of them, and
 * where gateways have a port or a socket of their own, a part is kept for these.
 */
@Singleton
final class Connections {
    /** The part of all connections that only the gateways' listeners may use. */
    private static final int RESERVED_PART = 4;

    /** Until its request may begin, a connection keeps no more than one read. Netty's default is four times as much. */
    private static final RecvByteBufAllocator READS = new AdaptiveRecvByteBufAllocator(64, 2_048, 16_384);

    private final int max;
    private final int maxOnMainPort;
    private final AddressShares shares;
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicInteger openOnMainPort = new AtomicInteger();
    private final Counter refused;

    Connections(ListenerSettings settings, AddressShares shares, MeterRegistry meters) {
        this.max = settings.maxConnections();
        this.maxOnMainPort = settings.hasGatewayListener() ? Math.max(1, max - Math.max(1, max / RESERVED_PART)) : max;
        this.shares = shares;
        meters.gauge("keylapse.http.connections", open);
        this.refused = meters.counter("keylapse.http.connections.refused");
    }

    /** Goes into the pipeline of the main listener. */
    ChannelHandler forEverybody() {
        return new Acceptor() {
            @Override
            void accept(ChannelHandlerContext listener, Channel connection) {
                if (openOnMainPort.incrementAndGet() > maxOnMainPort) {
                    openOnMainPort.decrementAndGet();
                    refuse(connection);
                    return;
                }
                Share share = shares.take(connection.remoteAddress(), max);
                if (share == null) {
                    openOnMainPort.decrementAndGet();
                    refuse(connection);
                    return;
                }
                count(listener, connection, () -> {
                    openOnMainPort.decrementAndGet();
                    share.release();
                });
            }
        };
    }

    /** Goes into the pipeline of a listener that only gateways use: one address with thousands of connections is normal. */
    ChannelHandler forGateways() {
        return new Acceptor() {
            @Override
            void accept(ChannelHandlerContext listener, Channel connection) {
                count(listener, connection, () -> {});
            }
        };
    }

    private void count(ChannelHandlerContext listener, Channel connection, Runnable whenClosed) {
        if (open.incrementAndGet() > max) {
            open.decrementAndGet();
            whenClosed.run();
            refuse(connection);
            return;
        }
        connection.closeFuture().addListener(_ -> {
            open.decrementAndGet();
            whenClosed.run();
        });
        connection.config().setRecvByteBufAllocator(READS);
        listener.fireChannelRead(connection);
    }

    private void refuse(Channel connection) {
        refused.increment();
        connection.unsafe().closeForcibly();
    }

    /** What a listener reads are connections. */
    private abstract static class Acceptor extends ChannelInboundHandlerAdapter {
        abstract void accept(ChannelHandlerContext listener, Channel connection);

        @Override
        public void channelRead(ChannelHandlerContext listener, Object message) {
            if (message instanceof Channel connection) {
                accept(listener, connection);
            } else {
                listener.fireChannelRead(message);
            }
        }
    }
}
