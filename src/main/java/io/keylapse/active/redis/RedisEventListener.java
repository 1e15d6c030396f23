package io.keylapse.active.redis;

/** Listener for messages of a subscription. Called on a connection's event loop; must not block. */
@FunctionalInterface
public interface RedisEventListener {
    /** A key has expired. */
    void expired(byte[] redisName);

    /** A node published a message on the channel of this installation. */
    default void published(byte[] message) {}

    /** The connection was lost. Messages until it is reopened are lost too. */
    default void lost() {}
}
