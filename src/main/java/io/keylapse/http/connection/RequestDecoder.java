package io.keylapse.http.connection;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/1 decoder that decodes the next request only when it may begin. Otherwise one read of pipelined requests would
 * become hundreds of decoded requests, many times as large as their bytes.
 */
public final class RequestDecoder extends HttpRequestDecoder {
    private enum Place {
        BETWEEN_REQUESTS,
        HEAD,
        BODY
    }

    private BooleanSupplier mustWait = () -> false;
    private Place place = Place.BETWEEN_REQUESTS;
    private boolean holding;
    private @Nullable ChannelHandlerContext context;

    public RequestDecoder(HttpDecoderConfig config) {
        super(config);
    }

    /** While this is true, no further request is decoded. */
    void waitWhile(BooleanSupplier condition) {
        mustWait = condition;
    }

    /** Whether bytes of the next request wait to be decoded. */
    boolean isHolding() {
        return holding;
    }

    /** Whether the head of a request has begun and is not complete. */
    boolean isWithinHead() {
        return place == Place.HEAD;
    }

    /** Decodes the bytes that wait, and then signals the end of a read. */
    void proceed() {
        ChannelHandlerContext added = context;
        if (!holding || added == null) {
            return;
        }
        holding = false;
        try {
            channelRead(added, Unpooled.EMPTY_BUFFER);
            channelReadComplete(added);
        } catch (Exception e) {
            added.fireExceptionCaught(e);
        }
    }

    @Override
    public void handlerAdded(ChannelHandlerContext added) throws Exception {
        context = added;
        super.handlerAdded(added);
    }

    @Override
    protected void decode(ChannelHandlerContext current, ByteBuf in, List<Object> out) throws Exception {
        if (place == Place.BETWEEN_REQUESTS && mustWait.getAsBoolean()) {
            holding = true;
            return;
        }
        boolean beginsWithText = in.getByte(in.readerIndex()) > ' ';
        super.decode(current, in, out);
        if (!out.isEmpty()) {
            place = out.getLast() instanceof LastHttpContent ? Place.BETWEEN_REQUESTS : Place.BODY;
        } else if (place == Place.BETWEEN_REQUESTS && (beginsWithText || in.isReadable())) {
            // Empty lines between requests are ignored: RFC 9112, section 2.2.
            place = Place.HEAD;
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext current) throws Exception {
        if (holding) {
            // Netty would read more because nothing was decoded, and would buffer bytes without limit.
            current.fireChannelReadComplete();
        } else {
            super.channelReadComplete(current);
        }
    }
}
