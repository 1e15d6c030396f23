package io.keylapse.active.redis;

import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;

/** A connection of one's own on which commands wait until {@link #flush}, so that many go out together. */
public final class Pipeline implements AutoCloseable {
    private final StatefulRedisConnection<byte[], byte[]> connection;

    Pipeline(StatefulRedisConnection<byte[], byte[]> connection) {
        this.connection = connection;
        connection.setAutoFlushCommands(false);
    }

    /** Whose answers come after the next {@link #flush}. */
    public RedisClusterAsyncCommands<byte[], byte[]> commands() {
        return connection.async();
    }

    /** Sends what was asked for. */
    public void flush() {
        connection.flushCommands();
    }

    @Override
    public void close() {
        connection.close();
    }
}
