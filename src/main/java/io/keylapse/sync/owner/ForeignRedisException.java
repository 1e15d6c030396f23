package io.keylapse.sync.owner;

/** Redis follows another Postgres. The message says which one, and what to do. */
public final class ForeignRedisException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** With what is wrong and what to do. */
    public ForeignRedisException(String message) {
        super(message);
    }
}
