package io.keylapse.notice.webhook;

import io.keylapse.notice.delivery.AttemptOutcome;
import java.net.UnknownHostException;
import java.util.Objects;
import javax.net.ssl.SSLException;
import org.apache.hc.core5.http.ConnectionRequestTimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Interprets a call that ended without a response: whose fault that was, and what the log of attempts says about it. */
final class WebhookFailure {
    private static final Logger LOG = LoggerFactory.getLogger(WebhookFailure.class);

    private static final int MAX_WORDS = 500;

    private WebhookFailure() {}

    /** The outcome: a failed attempt, or a postponed one if Keylapse is at fault, which does not count towards giving up. */
    static AttemptOutcome outcome(Exception failure) {
        if (isOurs(failure)) {
            LOG.warn("a webhook cannot be called because of a fault in Keylapse", failure);
            return AttemptOutcome.postponed("not called because of a fault in Keylapse; see its log");
        }
        return AttemptOutcome.failed("no response: " + describe(failure));
    }

    /**
     * Whether a failure is on our side. A failed DNS look-up may be the fault of either side and counts as the receiver's.
     */
    private static boolean isOurs(Exception failure) {
        String said = Objects.requireNonNullElse(failure.getMessage(), "");
        return failure instanceof RuntimeException
                || failure instanceof ConnectionRequestTimeoutException
                || said.contains("Too many open files")
                // No local port is free.
                || said.contains("Cannot assign requested address");
    }

    private static String describe(Exception failure) {
        String message = failure.getMessage();
        String words = message == null || message.isBlank() ? failure.getClass().getSimpleName() : message;
        String kind = failure instanceof SSLException
                ? "TLS: "
                : failure instanceof UnknownHostException ? "DNS look-up failed: " : "";
        String line = WebhookAnswer.onOneLine(kind + words);
        return line.length() <= MAX_WORDS ? line : line.substring(0, MAX_WORDS) + "...";
    }
}
