package io.keylapse.http.gateway.pipeline;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.keylapse.http.gateway.Answer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.ReadOnlyHttpHeaders;
import io.netty.util.AsciiString;

/** Encodes an answer as a message for Netty's own codec, which stays in place on connections that can switch to HTTP/2. */
final class AnswerMessage {
    private static final AsciiString ZERO = AsciiString.cached("0");

    private AnswerMessage() {}

    static Object of(HttpRequest request, Answer answer, boolean last) {
        ByteBuf body = answer.body().isEmpty() ? Unpooled.EMPTY_BUFFER : Unpooled.copiedBuffer(answer.body(), UTF_8);
        boolean old = !request.protocolVersion().isKeepAliveDefault();
        int more = last == old ? 2 : 4;
        int given = answer.headers().size();
        CharSequence[] headers = answer.headers().toArray(new CharSequence[given + more]);
        headers[given] = HttpHeaderNames.CONTENT_LENGTH;
        headers[given + 1] = body.isReadable() ? Integer.toString(body.readableBytes()) : ZERO;
        if (more == 4) {
            headers[given + 2] = HttpHeaderNames.CONNECTION;
            headers[given + 3] = last ? HttpHeaderValues.CLOSE : HttpHeaderValues.KEEP_ALIVE;
        }
        HttpHeaders all = new ReadOnlyHttpHeaders(false, headers);
        if (request.method().equals(HttpMethod.CONNECT)) {
            // For CONNECT, Netty removes a header, so the headers must be mutable.
            all = DefaultHttpHeadersFactory.headersFactory().newHeaders().add(all);
        }
        return new DefaultFullHttpResponse(
                old ? HttpVersion.HTTP_1_0 : HttpVersion.HTTP_1_1,
                HttpResponseStatus.valueOf(answer.status().getCode()),
                request.method().equals(HttpMethod.HEAD) ? Unpooled.EMPTY_BUFFER : body,
                all,
                EmptyHttpHeaders.INSTANCE);
    }
}
