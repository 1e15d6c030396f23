package io.keylapse.http.connection.framing;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Message framing: checks that every party agrees where a request ends. If a proxy in front disagreed, it could treat part
 * of one caller's body as the request of another (request smuggling).
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9112#section-6">RFC 9112, section 6, Message Body</a>
 */
public final class Framing {
    private Framing() {}

    /** The error in a decoded request; null if there is none. */
    public static @Nullable RequestError error(HttpRequest request) {
        HttpVersion version = request.protocolVersion();
        if (request.decoderResult().isFailure()) {
            return errorOf(request.decoderResult().cause(), version);
        }
        if (!isSupported(version)) {
            return unsupported(version);
        }
        List<String> codings = request.headers().getAll(HttpHeaderNames.TRANSFER_ENCODING);
        return codings.isEmpty() || isUnambiguous(request, codings) ? null : RequestError.AMBIGUOUS_LENGTH;
    }

    /** Whether a body follows the head of this request. */
    public static boolean announcesBody(HttpRequest request) {
        return request.headers().contains(HttpHeaderNames.TRANSFER_ENCODING)
                || HttpUtil.getContentLength(request, 0L) > 0;
    }

    private static RequestError errorOf(Throwable cause, HttpVersion version) {
        if (cause instanceof TooLongHttpLineException) {
            return RequestError.TARGET_TOO_LONG;
        }
        if (cause instanceof TooLongHttpHeaderException) {
            return RequestError.HEADERS_TOO_LARGE;
        }
        return isSupported(version) ? RequestError.MALFORMED : unsupported(version);
    }

    private static boolean isSupported(HttpVersion version) {
        return version.equals(HttpVersion.HTTP_1_1) || version.equals(HttpVersion.HTTP_1_0);
    }

    private static RequestError unsupported(HttpVersion version) {
        return version.protocolName().equals("HTTP") ? RequestError.UNSUPPORTED_VERSION : RequestError.MALFORMED;
    }

    private static boolean isUnambiguous(HttpRequest request, List<String> codings) {
        return codings.size() == 1
                && HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(codings.getFirst())
                && request.protocolVersion().equals(HttpVersion.HTTP_1_1)
                && !request.headers().contains(HttpHeaderNames.CONTENT_LENGTH);
    }
}
