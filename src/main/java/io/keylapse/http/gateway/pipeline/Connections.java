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
 * Limits on the number of open connections, over all listeners. Connections beyond the limit are closed before any resources
 * are allocated for them: each costs memory and a file descriptor, which the stores need too. On the main port each client
 * address may use only a share of the limit. If gateways have a port or a socket of their own, a quarter of the limit is
 * reserved for it.
 */
@Singleton
public final class Connections {
    /** One in this many connections is reserved for the gateways' listeners. */
    private static final int RESERVED_PART = 4;

    /** A connection buffers at most one read before its request may begin. Netty's default is four times as large. */
    private static final RecvByteBufAllocator READS = new AdaptiveRecvByteBufAllocator(64, 2_048, 16_384);

    private final int max;
    private final int maxOnMainPort;
    private final AddressShares shares;
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicInteger openOnMainPort = new AtomicInteger();
    private final Counter refused;

    Connections(ListenerSettings settings, GrpcSettings grpc, AddressShares shares, MeterRegistry meters) {
        this.max = settings.maxConnections();
        this.maxOnMainPort = settings.hasGatewayListener() || grpc.isSet()
                ? Math.max(1, max - Math.max(1, max / RESERVED_PART))
                : max;
        this.shares = shares;
        meters.gauge("keylapse.http.connections", open);
        this.refused = meters.counter("keylapse.http.connections.refused");
    }

    /** The handler for the main listener. */
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

    /**
     * The handler for a listener that only gateways use. It has no limit per address, because thousands of connections from
     * one address are normal there.
     */
    public ChannelHandler forGateways() {
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

    /** Handles new connections, which are the messages that a listener reads. */
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
