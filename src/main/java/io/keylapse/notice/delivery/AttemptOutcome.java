package io.keylapse.notice.delivery;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What became of one attempt to deliver.
 *
 * @param verdict what is to be done now
 * @param words what happened, for people
 * @param status the status that the receiver answered with; null when it did not
 * @param response the beginning of what it answered; null when it did not
 * @param retryAfter how long it asked to be left alone; null when it did not
 */
public record AttemptOutcome(
        Verdict verdict,
        String words,
        @Nullable Integer status,
        @Nullable String response,
        @Nullable Duration retryAfter) {

    /** What is to be done now. */
    public enum Verdict {
        /** Nothing: it arrived. */
        DELIVERED,
        /** Try again, and give up after the last attempt of the schedule. */
        FAILED,
        /** Try again for as long as it takes: the fault is ours or our mail server's, not the receiver's. */
        POSTPONED,
        /** Give up: it will never arrive. */
        REFUSED
    }

    /** An attempt that got no answer, and may get one later. */
    public static AttemptOutcome failed(String words) {
        return new AttemptOutcome(Verdict.FAILED, words, null, null, null);
    }

    /** An attempt that failed for a reason of ours, and is not counted against the receiver. */
    public static AttemptOutcome postponed(String words) {
        return new AttemptOutcome(Verdict.POSTPONED, words, null, null, null);
    }

    /** An attempt that need not be made again. */
    public static AttemptOutcome refused(String words) {
        return new AttemptOutcome(Verdict.REFUSED, words, null, null, null);
    }
}
