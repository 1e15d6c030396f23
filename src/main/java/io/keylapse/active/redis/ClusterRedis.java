package io.keylapse.active.redis;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import io.lettuce.core.codec.ByteArrayCodec;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Connection to a Redis Cluster. Lettuce routes each command to the primary that owns the slot of the key. It discovers
 * fail-overs and moved slots from redirects, from connections that stay broken, and by reading the topology every 5 s.
 */
final class ClusterRedis extends RedisConnection {
    private final RedisClusterClient client;
    private volatile @Nullable StatefulRedisClusterConnection<byte[], byte[]> open;
    private volatile SlotMap slots = SlotMap.NONE;

    ClusterRedis(RedisAddress address, RedisClusterClient client, RedisClient dedicated) {
        super(address, client, dedicated);
        this.client = client;
    }

    @Override
    public List<Primary> primaries() {
        return slots.primaries();
    }

    @Override
    public Primary primaryOf(byte[] redisName) {
        return slots.ownerOf(redisName);
    }

    @Override
    public <T> CompletionStage<T> send(
            Primary server, Function<RedisClusterAsyncCommands<byte[], byte[]>, ? extends CompletionStage<T>> command) {
        try {
            RedisURI uri = uriOf(server);
            // By host and port, because key commands use that connection. A look-up by node id would open another one.
            return connection()
                    .getConnectionAsync(uri.getHost(), uri.getPort())
                    .thenCompose(connection -> command.apply(connection.async()));
        } catch (RuntimeException e) {
            return CompletableFuture.failedStage(e);
        }
    }

    @Override
    public <T> CompletionStage<T> send(
            Function<RedisClusterAsyncCommands<byte[], byte[]>, ? extends CompletionStage<T>> command) {
        try {
            return command.apply(connection().async());
        } catch (RedisUnavailableException e) {
            return CompletableFuture.failedStage(e);
        }
    }

    @Override
    RedisURI uriOf(Primary server) {
        RedisClusterNode node = connection().getPartitions().getPartitionByNodeId(server.id());
        if (node == null) {
            throw new RedisUnavailableException("the Redis Cluster does not have this node now");
        }
        return node.getUri();
    }

    @Override
    void look() throws InterruptedException, ExecutionException, TimeoutException {
        StatefulRedisClusterConnection<byte[], byte[]> connection = open;
        if (connection == null) {
            connection = await(
                    client.refreshPartitionsAsync().thenCompose(_ -> client.connectAsync(ByteArrayCodec.INSTANCE)));
            slots = SlotMap.of(connection.getPartitions());
            await(openAll(connection));
            open = connection;
            announceConnected();
        } else {
            slots = SlotMap.of(connection.getPartitions());
            var _ = openAll(connection);
        }
    }

    /** Opens missing connections in advance, because Lettuce rejects commands for a server until it is connected. */
    private CompletableFuture<?> openAll(StatefulRedisClusterConnection<byte[], byte[]> connection) {
        return CompletableFuture.allOf(slots.primaries().stream()
                .map(primary -> connection.getPartitions().getPartitionByNodeId(primary.id()))
                .filter(Objects::nonNull)
                .map(node -> connection
                        .getConnectionAsync(
                                node.getUri().getHost(), node.getUri().getPort())
                        .exceptionally(_ -> null))
                .toArray(CompletableFuture[]::new));
    }

    private StatefulRedisClusterConnection<byte[], byte[]> connection() {
        StatefulRedisClusterConnection<byte[], byte[]> connection = open;
        if (connection == null) {
            throw new RedisUnavailableException("the Redis Cluster has not been reached yet");
        }
        return connection;
    }

    @Override
    void close() throws InterruptedException {
        super.close();
        client.shutdown();
        var _ = client.getResources().shutdown();
    }
}
