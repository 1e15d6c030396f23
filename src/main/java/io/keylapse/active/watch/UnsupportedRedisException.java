package io.keylapse.active.watch;

/** Redis is older than what is supported; the message says which is needed. */
public final class UnsupportedRedisException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public UnsupportedRedisException(String message) {
        super(message);
    }
}
