package io.keylapse.active.redis;

/** Is told what Redis pushes, on a connection's event loop, and must return at once. */
@FunctionalInterface
public interface RedisEventListener {
    /** A key has expired. */
    void expired(byte[] redisName);

    /** Somebody published this on our channel. */
    default void published(byte[] message) {}

    /** The connection broke, and nobody knows what was pushed until it is open again. */
    default void lost() {}
}
