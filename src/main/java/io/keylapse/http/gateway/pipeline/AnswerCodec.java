package io.keylapse.http.gateway.pipeline;

import io.keylapse.http.connection.RequestDecoder;
import io.micronaut.http.server.netty.configuration.NettyHttpServerConfiguration;
import io.netty.buffer.ByteBuf;
import io.netty.channel.CombinedChannelDuplexHandler;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpResponseEncoder;

/**
 * An HTTP/1 codec configured like Micronaut's that also lets encoded answers pass as bytes. Netty's own codec keeps a list
 * of unanswered requests, so it must see every answer as an object.
 */
final class AnswerCodec extends CombinedChannelDuplexHandler<RequestDecoder, HttpResponseEncoder> {
    AnswerCodec(RequestDecoder decoder) {
        super(decoder, new Encoder());
    }

    /** A decoder with Micronaut's configuration. */
    static RequestDecoder decoder(NettyHttpServerConfiguration configuration) {
        return new RequestDecoder(new HttpDecoderConfig()
                .setMaxInitialLineLength(configuration.getMaxInitialLineLength())
                .setMaxHeaderSize(configuration.getMaxHeaderSize())
                .setMaxChunkSize(configuration.getMaxChunkSize())
                .setValidateHeaders(configuration.isValidateHeaders())
                .setInitialBufferSize(configuration.getInitialBufferSize()));
    }

    private static final class Encoder extends HttpResponseEncoder {
        @Override
        public boolean acceptOutboundMessage(Object message) throws Exception {
            return !(message instanceof ByteBuf) && super.acceptOutboundMessage(message);
        }
    }
}
