package io.keylapse.http.gateway.pipeline;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.keylapse.http.gateway.Answer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.Iterator;

/**
 * Encodes an answer as HTTP/1, as one array of bytes. Writing the headers one by one to Netty's buffers would take longer
 * than the check.
 */
final class AnswerBytes {
    private AnswerBytes() {}

    /**
     * The encoded answer.
     *
     * @param last whether the connection ends with it
     */
    static ByteBuf of(HttpRequest request, Answer answer, boolean last, ByteBufAllocator allocator) {
        boolean keptUnlessSaid = request.protocolVersion().isKeepAliveDefault();
        boolean toHead = request.method().equals(HttpMethod.HEAD);
        byte[] bytes = keptUnlessSaid && !last && !toHead
                ? answer.sentAs(AnswerBytes::usual)
                : bytes(answer, keptUnlessSaid, last, toHead);
        return allocator.ioBuffer(bytes.length).writeBytes(bytes);
    }

    private static byte[] usual(Answer answer) {
        return bytes(answer, true, false, false);
    }

    private static byte[] bytes(Answer answer, boolean keptUnlessSaid, boolean last, boolean toHead) {
        var text = new StringBuilder(keptUnlessSaid ? "HTTP/1.1 " : "HTTP/1.0 ")
                .append(HttpResponseStatus.valueOf(answer.status().getCode()));
        for (Iterator<CharSequence> headers = answer.headers().iterator(); headers.hasNext(); ) {
            text.append("\r\n").append(headers.next()).append(": ").append(headers.next());
        }
        if (last == keptUnlessSaid) {
            text.append("\r\nconnection: ").append(last ? "close" : "keep-alive");
        }
        text.append("\r\ncontent-length: ")
                .append(ByteBufUtil.utf8Bytes(answer.body()))
                .append("\r\n\r\n");
        if (!toHead) {
            text.append(answer.body());
        }
        return text.toString().getBytes(UTF_8);
    }
}
