package io.keylapse.notice.webhook;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.keylapse.notice.delivery.AttemptOutcome;
import io.keylapse.notice.delivery.AttemptOutcome.Verdict;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.regex.Pattern;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.jspecify.annotations.Nullable;

/** Interprets the response of a receiver. The status decides the outcome; the rest is kept for the log of attempts. */
final class WebhookAnswer {
    /** The most bytes of a body that are read. */
    static final int MAX_BODY_BYTES = 1024;

    private static final int GONE = 410;

    /**
     * Characters that Postgres cannot store, that control a terminal, or that change the direction of the text around them.
     */
    private static final Pattern CONTROLS = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]");

    private WebhookAnswer() {}

    /** The outcome for a response. Reads the first KiB of its body, or as much as arrives. */
    static AttemptOutcome of(ClassicHttpResponse response) {
        Duration retryAfter = RetryAfter.of(value(response, "Retry-After"), value(response, "Date"), Instant.now());
        return of(response.getCode(), body(response.getEntity()), retryAfter);
    }

    /** The outcome for a response whose status alone is known. */
    static AttemptOutcome of(int status) {
        return of(status, "", null);
    }

    private static AttemptOutcome of(int status, String body, @Nullable Duration retryAfter) {
        if (status >= 200 && status < 300) {
            return new AttemptOutcome(Verdict.DELIVERED, "delivered", status, body, null);
        }
        if (status == GONE) {
            return new AttemptOutcome(Verdict.REFUSED, "the receiver is permanently gone (410)", status, body, null);
        }
        String words = status >= 300 && status < 400
                ? "answered " + status + "; redirects are not followed"
                : "answered " + status;
        return new AttemptOutcome(Verdict.FAILED, words, status, body, retryAfter);
    }

    /** Text from a receiver on one line, without control characters. */
    static String onOneLine(String text) {
        return CONTROLS.matcher(text.replaceAll("\\s+", " ").strip()).replaceAll("?");
    }

    private static String body(@Nullable HttpEntity entity) {
        if (entity == null) {
            return "";
        }
        var bytes = new byte[MAX_BODY_BYTES];
        int length = 0;
        try {
            InputStream content = entity.getContent();
            // One read at a time, so that a broken connection does not lose what arrived before. The last read finds
            // the end
            // of the body, after which the connection can be reused.
            for (int read = 0; read >= 0 && length < bytes.length; length += Math.max(read, 0)) {
                read = content.read(bytes, length, bytes.length - length);
            }
        } catch (IOException e) {
            // The status alone decides the outcome.
        }
        return onOneLine(new String(Arrays.copyOf(bytes, length), charset(entity)));
    }

    private static Charset charset(HttpEntity entity) {
        try {
            ContentType type = ContentType.parseLenient(entity.getContentType());
            Charset named = type == null ? null : type.getCharset();
            return named == null ? UTF_8 : named;
        } catch (IllegalArgumentException e) {
            return UTF_8;
        }
    }

    private static @Nullable String value(ClassicHttpResponse response, String name) {
        Header header = response.getFirstHeader(name);
        return header == null ? null : header.getValue();
    }
}
