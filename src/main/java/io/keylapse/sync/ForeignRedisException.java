package io.keylapse.sync;

/** Redis follows another Postgres. The message says which one, and what to do. */
public final class ForeignRedisException extends RuntimeException {
    private static final long serialVersionUID = 1;

    ForeignRedisException(String message) {
        super(message);
    }
}
