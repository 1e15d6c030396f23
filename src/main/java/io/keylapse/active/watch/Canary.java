package io.keylapse.active.watch;

import io.keylapse.active.redis.Primary;
import io.keylapse.active.redis.RedisConnection;
import io.keylapse.active.trust.RedisTrust;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.SetArgs;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Canary: a key with a TTL of 100 ms that tests whether a primary accepts writes, deletes expired keys when touched, and
 * announces them.
 */
final class Canary {
    private static final Logger LOG = LoggerFactory.getLogger(Canary.class);
    private static final Duration LIFETIME = Duration.ofMillis(100);

    /** The server deletes a key once its clock has passed the deadline. */
    private static final Duration UNTIL_TOUCHED = LIFETIME.plusMillis(5);

    /** Maximum time until the expired event arrives. */
    private static final Duration EVENT_TIMEOUT = Duration.ofSeconds(1);

    private record Flight(ByteBuffer name, CountDownLatch announced) {}

    /** Distinguishes the canaries of this node from those of other nodes. */
    private final String ownName = UUID.randomUUID().toString();

    private final RedisConnection redis;
    private final RedisTrust trust;
    private final String keyPrefix;
    private final String address;
    private volatile @Nullable Flight flight;
    private volatile @Nullable String refusal;
    private volatile @Nullable String untouched;
    private long round;

    /** @param address address of the server, for log lines */
    Canary(RedisConnection redis, RedisTrust trust, String keyPrefix, String address) {
        this.redis = redis;
        this.trust = trust;
        this.keyPrefix = keyPrefix;
        this.address = address;
    }

    /** Why Redis refuses writes, and what to do; empty when it accepts them. */
    Optional<String> refusal() {
        return Optional.ofNullable(refusal);
    }

    /** Error message with which Redis refuses {@code TOUCH}; empty when it does not. */
    Optional<String> untouched() {
        return Optional.ofNullable(untouched);
    }

    /** Whether the expired key is the current canary. */
    boolean receive(byte[] redisName) {
        Flight awaited = flight;
        if (awaited == null || !awaited.name.equals(ByteBuffer.wrap(redisName))) {
            return false;
        }
        awaited.announced.countDown();
        return true;
    }

    /** Writes a canary and touches it after its deadline. Returns whether Redis has deleted it, so that an event is due. */
    boolean expire(Primary server) throws InterruptedException {
        round++;
        // Longer than the name of a key, so that it is never mistaken for one.
        byte[] name =
                (keyPrefix + "{" + server.tag() + "}canary:" + ownName + ":" + round).getBytes(StandardCharsets.UTF_8);
        flight = new Flight(ByteBuffer.wrap(name), new CountDownLatch(1));
        try {
            if (await(trust.permit(server)).isEmpty() || !isWritten(server, name)) {
                return false;
            }
            Thread.sleep(UNTIL_TOUCHED);
            long left = await(redis.send(server, commands -> commands.touch(name)));
            untouched = null;
            return left == 0;
        } catch (ExecutionException e) {
            untouched = e.getCause() instanceof RedisCommandExecutionException said ? said.getMessage() : null;
            LOG.debug("no canary at {}: {}", address, e.toString());
            return false;
        }
    }

    /** Waits up to 1 s for the expired event of the current canary. Returns whether it arrived. */
    boolean awaitAnnouncement() throws InterruptedException {
        Flight awaited = flight;
        return awaited != null && awaited.announced.await(EVENT_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Logs once when Redis starts to refuse writes, and once when it accepts them again. */
    private boolean isWritten(Primary server, byte[] name) throws InterruptedException, ExecutionException {
        try {
            var _ = await(redis.send(
                    server, commands -> commands.set(name, new byte[0], SetArgs.Builder.px(LIFETIME.toMillis()))));
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof RedisCommandExecutionException refused)) {
                throw e;
            }
            if (refusal == null) {
                LOG.warn("Redis ({}) refuses writes: {}", address, refused.getMessage());
            }
            refusal = reason(refused);
            return false;
        }
        if (refusal != null) {
            LOG.info("Redis ({}) accepts writes again", address);
        }
        refusal = null;
        return true;
    }

    private static String reason(RedisCommandExecutionException refused) {
        String said = String.valueOf(refused.getMessage());
        return switch (said.split(" ", 2)[0]) {
            case "OOM" -> "it has reached maxmemory; give it more memory, about 250 bytes for each active key";
            case "MISCONF" -> "it cannot save to its disk; free disk space, or see its log";
            case "READONLY" -> "it is a replica; set KEYLAPSE_REDIS_URI to the master or the Sentinels";
            default -> "it answers " + said;
        };
    }

    /** Needs no timeout: every command has its own. */
    private static <T> T await(CompletionStage<T> stage) throws InterruptedException, ExecutionException {
        return stage.toCompletableFuture().get();
    }
}
