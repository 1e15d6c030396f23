package io.keylapse.active.redis;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Connection to one server, or to the master that the Sentinels name.
 *
 * <p>Lettuce reopens a broken connection and asks the Sentinels again. A connection that is not broken may still lead to the
 * wrong server after a fail-over: to a demoted master, or to one that hangs and was replaced. So this class asks the server
 * for its role twice a second, and connects again if the answer is wrong or missing. It also follows the host name of a
 * managed Redis that points to another server after a fail-over.
 */
final class SingleRedis extends RedisConnection {
    /** Tolerated missing answers in a row. Replacing the connection fails the commands that are under way on it. */
    private static final int MAX_MISSING_ANSWERS = 3;

    private static final byte[] MASTER = "master".getBytes(StandardCharsets.US_ASCII);

    private final RedisClient client;
    private final RedisURI uri;
    private volatile @Nullable StatefulRedisConnection<byte[], byte[]> open;
    private int missingAnswers;

    SingleRedis(RedisAddress address, RedisClient client, RedisClient dedicated) {
        super(address, client, dedicated);
        this.client = client;
        this.uri = address.uris().getFirst();
    }

    @Override
    public List<Primary> primaries() {
        return List.of(Primary.ONLY);
    }

    @Override
    public Primary primaryOf(byte[] redisName) {
        return Primary.ONLY;
    }

    @Override
    public <T> CompletionStage<T> send(
            Primary server, Function<RedisClusterAsyncCommands<byte[], byte[]>, ? extends CompletionStage<T>> command) {
        return send(command);
    }

    @Override
    public <T> CompletionStage<T> send(
            Function<RedisClusterAsyncCommands<byte[], byte[]>, ? extends CompletionStage<T>> command) {
        StatefulRedisConnection<byte[], byte[]> connection = open;
        return connection == null
                ? CompletableFuture.failedStage(new RedisUnavailableException("Redis has not been reached yet"))
                : command.apply(connection.async());
    }

    @Override
    RedisURI uriOf(Primary server) {
        return uri;
    }

    @Override
    void look() throws InterruptedException, ExecutionException, TimeoutException {
        StatefulRedisConnection<byte[], byte[]> current = open;
        if (current == null || mustBeReplaced(current)) {
            StatefulRedisConnection<byte[], byte[]> master = connectToMaster();
            // First end the trust in the old server, so that it does not apply to answers of the new one.
            open = null;
            announceChange();
            open = master;
            missingAnswers = 0;
            announceConnected();
            if (current != null) {
                var _ = current.closeAsync();
            }
        }
    }

    private boolean mustBeReplaced(StatefulRedisConnection<byte[], byte[]> connection)
            throws InterruptedException, TimeoutException {
        if (!connection.isOpen()) {
            return false; // Lettuce reopens it
        }
        try {
            boolean master = isMaster(connection);
            missingAnswers = 0;
            return !master;
        } catch (ExecutionException e) {
            missingAnswers++;
            return missingAnswers > MAX_MISSING_ANSWERS;
        }
    }

    private StatefulRedisConnection<byte[], byte[]> connectToMaster()
            throws InterruptedException, ExecutionException, TimeoutException {
        StatefulRedisConnection<byte[], byte[]> connection = await(client.connectAsync(ByteArrayCodec.INSTANCE, uri));
        boolean master = false;
        try {
            master = isMaster(connection);
        } finally {
            if (!master) {
                var _ = connection.closeAsync();
            }
        }
        if (!master) {
            throw new RedisUnavailableException("it is a replica");
        }
        return connection;
    }

    private static boolean isMaster(StatefulRedisConnection<byte[], byte[]> connection)
            throws InterruptedException, ExecutionException, TimeoutException {
        try {
            return await(connection.async().role()).getFirst() instanceof byte[] role && Arrays.equals(role, MASTER);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RedisCommandExecutionException) {
                return true; // It answers, but the access list does not allow ROLE.
            }
            throw e;
        }
    }

    @Override
    void close() throws InterruptedException {
        super.close();
        client.shutdown();
        var _ = client.getResources().shutdown();
    }
}
