package io.keylapse.http.connection;

import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * First handler of a connection: keeps errors of its socket from the others, such as a reset by the client. Netty closes the
 * connection itself. Micronaut recognizes these errors by their English text only; elsewhere it would log each as an error of
 * the server, and clients could fill the log.
 */
@Sharable
public final class BrokenConnections extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(BrokenConnections.class);

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable failure) {
        if (failure instanceof IOException) {
            LOG.debug("the connection to {} broke", context.channel().remoteAddress(), failure);
        } else {
            context.fireExceptionCaught(failure);
        }
    }
}
