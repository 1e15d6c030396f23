package io.keylapse.active.redis;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/** Redis cannot be asked now: it was never reached, or the connection is gone. */
public final class RedisUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    RedisUnavailableException(String message) {
        super(message, null, false, false);
    }

    /** What happened, be it this or what Lettuce makes of the trouble, for a person. */
    public static String inWords(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return switch (cause) {
            case RedisCommandTimeoutException _ -> "it did not answer in time";
            case RedisCommandExecutionException said -> "it says " + said.getMessage();
            case RedisException _ -> withReason(cause);
            case RedisUnavailableException _ -> String.valueOf(cause.getMessage());
            default -> cause.toString();
        };
    }

    /** A connection that failed is said to have failed, and only what lies beneath says why. */
    private static String withReason(Throwable failure) {
        Throwable deepest = failure;
        while (deepest.getCause() != null) {
            deepest = deepest.getCause();
        }
        String said = String.valueOf(failure.getMessage());
        String reason = deepest.getMessage();
        return reason == null || said.contains(reason) ? said : said + ": " + reason;
    }
}
