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
 * Decodes the next request only when it may begin; until then its bytes stay bytes. One read of pipelined requests would
 * otherwise become hundreds of decoded ones, at many times their size.
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

    /** While this says so, no further request is decoded. */
    void waitWhile(BooleanSupplier condition) {
        mustWait = condition;
    }

    /** Whether bytes of the next request are held back. */
    boolean isHolding() {
        return holding;
    }

    /** Whether a request has begun and its head is not complete. */
    boolean isWithinHead() {
        return place == Place.HEAD;
    }

    /** Decodes what was held back, and tells of the end of it as of the end of a read. */
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
            // Empty lines between requests begin nothing: RFC 9112, section 2.2.
            place = Place.HEAD;
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext current) throws Exception {
        if (holding) {
            // Netty would read on, because nothing came of what was read, and so gather bytes without limit.
            current.fireChannelReadComplete();
        } else {
            super.channelReadComplete(current);
        }
    }
}
