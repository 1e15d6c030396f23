package io.keylapse.active.redis;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/** Redis is not available: it has not been reached, does not answer, or is not the expected server. */
public final class RedisUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    RedisUnavailableException(String message) {
        super(message, null, false, false);
    }

    /** Describes a failure of Redis, of this class or of Lettuce, for log lines and readiness. */
    public static String inWords(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return switch (cause) {
            case RedisCommandTimeoutException _ -> "it did not answer in time";
            case RedisCommandExecutionException said -> "it answers " + said.getMessage();
            case RedisException _ -> withReason(cause);
            case RedisUnavailableException _ -> String.valueOf(cause.getMessage());
            default -> cause.toString();
        };
    }

    /** Adds the message of the root cause: Lettuce's own message only says that a connection failed. */
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
