package io.keylapse.active.watch;

/** Redis is too old. The message says which version is needed. */
public final class UnsupportedRedisException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public UnsupportedRedisException(String message) {
        super(message);
    }
}
