package io.keylapse.http.gateway.pipeline;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.keylapse.http.gateway.Answer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.util.AsciiString;
import java.util.List;

/** Writes an answer as bytes of HTTP/1. */
final class AnswerBytes {
    private static final AsciiString OK = AsciiString.cached("HTTP/1.1 200 OK\r\n");
    private static final AsciiString NO_BODY = AsciiString.cached("content-length: 0\r\n");
    private static final AsciiString LENGTH = AsciiString.cached("content-length: ");
    private static final AsciiString CLOSE = AsciiString.cached("connection: close\r\n");
    private static final AsciiString KEEP_ALIVE = AsciiString.cached("connection: keep-alive\r\n");
    private static final int COLON_SPACE = ':' << 8 | ' ';
    private static final int CRLF = '\r' << 8 | '\n';
    private static final int USUAL = 320;

    private AnswerBytes() {}

    /** The whole answer; {@code last} when the connection ends with it. */
    static ByteBuf of(HttpRequest request, Answer answer, boolean last, ByteBufAllocator allocator) {
        boolean keptUnlessSaid = request.protocolVersion().isKeepAliveDefault();
        ByteBuf bytes = allocator.ioBuffer(USUAL + 2 * answer.body().length());
        if (keptUnlessSaid && answer.status().getCode() == 200) {
            write(OK, bytes);
        } else {
            write(keptUnlessSaid ? "HTTP/1.1 " : "HTTP/1.0 ", bytes);
            write(answer.status().getCode() + " " + answer.status().getReason() + "\r\n", bytes);
        }
        List<CharSequence> headers = answer.headers();
        for (int i = 0; i < headers.size(); i += 2) {
            write(headers.get(i), bytes);
            bytes.writeShort(COLON_SPACE);
            write(headers.get(i + 1), bytes);
            bytes.writeShort(CRLF);
        }
        if (last == keptUnlessSaid) {
            write(last ? CLOSE : KEEP_ALIVE, bytes);
        }
        writeBody(answer.body(), request.method().equals(HttpMethod.HEAD), bytes);
        return bytes;
    }

    private static void writeBody(String body, boolean toHead, ByteBuf bytes) {
        if (body.isEmpty()) {
            write(NO_BODY, bytes);
            bytes.writeShort(CRLF);
            return;
        }
        write(LENGTH, bytes);
        write(Integer.toString(ByteBufUtil.utf8Bytes(body)), bytes);
        bytes.writeShort(CRLF).writeShort(CRLF);
        if (!toHead) {
            bytes.writeCharSequence(body, UTF_8);
        }
    }

    private static void write(CharSequence text, ByteBuf bytes) {
        if (text instanceof AsciiString ascii) {
            bytes.writeBytes(ascii.array(), ascii.arrayOffset(), ascii.length());
        } else {
            bytes.writeCharSequence(text, US_ASCII);
        }
    }
}
