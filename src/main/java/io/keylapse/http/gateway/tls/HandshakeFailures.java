package io.keylapse.http.gateway.tls;

import io.micrometer.core.instrument.Counter;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Closes connections whose TLS fails, and counts failed handshakes. Anybody can cause them, so they are not logged. */
@Sharable
final class HandshakeFailures extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(HandshakeFailures.class);

    private final Counter failed;

    HandshakeFailures(Counter failed) {
        this.failed = failed;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) throws Exception {
        if (event instanceof SslHandshakeCompletionEvent end && !end.isSuccess()) {
            failed.increment();
        }
        super.userEventTriggered(context, event);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable failure) throws Exception {
        if (failure instanceof SSLException || failure.getCause() instanceof SSLException) {
            LOG.debug("TLS failed with {}", context.channel().remoteAddress(), failure);
            var _ = context.close();
        } else {
            super.exceptionCaught(context, failure);
        }
    }
}
