package io.keylapse.active.redis;

/** Redis cannot be asked now: it was never reached, or the connection is gone. */
public final class RedisUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    RedisUnavailableException(String message) {
        super(message, null, false, false);
    }
}
