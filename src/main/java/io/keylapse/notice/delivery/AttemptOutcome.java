package io.keylapse.notice.delivery;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The outcome of one attempt.
 *
 * @param verdict what happens to the delivery now
 * @param words what happened, as text
 * @param status the status of the response; null if there was none
 * @param response the beginning of the response; null if there was none
 * @param retryAfter the pause that the receiver asked for; null for none
 */
public record AttemptOutcome(
        Verdict verdict,
        String words,
        @Nullable Integer status,
        @Nullable String response,
        @Nullable Duration retryAfter) {

    /** What happens to a delivery after an attempt. */
    public enum Verdict {
        /** It is done. */
        DELIVERED,
        /** It is retried, and given up after the last attempt of the schedule. */
        FAILED,
        /** It is retried without a limit: the fault is on our side or that of our mail server, not the receiver's. */
        POSTPONED,
        /** It is given up: a retry cannot succeed. */
        REFUSED
    }

    /** A failure that may be temporary. */
    public static AttemptOutcome failed(String words) {
        return new AttemptOutcome(Verdict.FAILED, words, null, null, null);
    }

    /** A failure on our side, which does not count towards giving up. */
    public static AttemptOutcome postponed(String words) {
        return new AttemptOutcome(Verdict.POSTPONED, words, null, null, null);
    }

    /** A permanent failure. */
    public static AttemptOutcome refused(String words) {
        return new AttemptOutcome(Verdict.REFUSED, words, null, null, null);
    }
}
