package io.keylapse.sync;

/** Redis belongs to somebody else; the message says to whom, and what to do. */
public final class ForeignRedisException extends RuntimeException {
    private static final long serialVersionUID = 1;

    ForeignRedisException(String message) {
        super(message);
    }
}
