package io.keylapse.http.gateway.pipeline;

import io.keylapse.http.connection.RequestDecoder;
import io.micronaut.http.server.netty.configuration.NettyHttpServerConfiguration;
import io.netty.buffer.ByteBuf;
import io.netty.channel.CombinedChannelDuplexHandler;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpResponseEncoder;

/**
 * The codec of HTTP/1 as Micronaut configures it, but that it lets bytes pass which are an answer already. Netty's own
 * keeps a list of the requests that have no answer yet, and so would have to see every answer as an object.
 */
final class AnswerCodec extends CombinedChannelDuplexHandler<RequestDecoder, HttpResponseEncoder> {
    AnswerCodec(RequestDecoder decoder) {
        super(decoder, new Encoder());
    }

    /** The decoder as Micronaut would configure it. */
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
