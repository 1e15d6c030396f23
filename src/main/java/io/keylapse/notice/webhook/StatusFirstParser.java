package io.keylapse.notice.webhook;

import java.io.IOException;
import java.io.InputStream;
import org.apache.hc.client5.http.impl.io.LenientHttpResponseParser;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpStatus;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.io.SessionInputBuffer;
import org.apache.hc.core5.util.CharArrayBuffer;
import org.jspecify.annotations.Nullable;

/** A response parser that keeps the status even if the headers after it cannot be parsed. */
final class StatusFirstParser extends LenientHttpResponseParser {
    private @Nullable ClassicHttpResponse begun;

    StatusFirstParser(Http1Config limits) {
        super(limits);
    }

    /** The status line of a response was read, but its headers are broken. */
    static final class BrokenHeadersException extends IOException {
        private static final long serialVersionUID = 1;

        private final int status;

        BrokenHeadersException(int status, Exception cause) {
            super("the headers of the response cannot be parsed", cause);
            this.status = status;
        }

        int status() {
            return status;
        }
    }

    @Override
    protected @Nullable ClassicHttpResponse createMessage(CharArrayBuffer line) throws IOException {
        begun = super.createMessage(line);
        return begun;
    }

    @Override
    public ClassicHttpResponse parse(SessionInputBuffer buffer, InputStream in) throws IOException, HttpException {
        begun = null;
        try {
            return super.parse(buffer, in);
        } catch (IOException | HttpException e) {
            if (begun != null && begun.getCode() >= HttpStatus.SC_SUCCESS) {
                throw new BrokenHeadersException(begun.getCode(), e);
            }
            throw e;
        }
    }
}
