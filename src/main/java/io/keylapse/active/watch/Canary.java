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

/** A key made to expire, whose announcement must come back. To write it also shows whether Redis takes writes. */
final class Canary {
    private static final Logger LOG = LoggerFactory.getLogger(Canary.class);
    private static final Duration LIFETIME = Duration.ofMillis(100);

    /** The server deletes a key once its clock has passed the deadline. */
    private static final Duration UNTIL_TOUCHED = LIFETIME.plusMillis(5);

    private static final Duration EARSHOT = Duration.ofSeconds(1);

    private record Flight(ByteBuffer name, CountDownLatch heard) {}

    /** Two nodes of the service must not mistake each other's canaries for their own. */
    private final String ownName = UUID.randomUUID().toString();

    private final RedisConnection redis;
    private final RedisTrust trust;
    private final String keyPrefix;
    private final String address;
    private volatile @Nullable Flight flight;
    private volatile @Nullable String refusal;
    private volatile @Nullable String untouched;
    private long round;

    /** @param address of the server, in words */
    Canary(RedisConnection redis, RedisTrust trust, String keyPrefix, String address) {
        this.redis = redis;
        this.trust = trust;
        this.keyPrefix = keyPrefix;
        this.address = address;
    }

    /** Why Redis refuses to write, and what to do about it; empty when it does not. */
    Optional<String> refusal() {
        return Optional.ofNullable(refusal);
    }

    /** What Redis says instead of expiring one, if it does not let us touch it; empty when it does. */
    Optional<String> untouched() {
        return Optional.ofNullable(untouched);
    }

    /** Whether the key that has expired is the one under way. */
    boolean hears(byte[] redisName) {
        Flight awaited = flight;
        if (awaited == null || !awaited.name.equals(ByteBuffer.wrap(redisName))) {
            return false;
        }
        awaited.heard.countDown();
        return true;
    }

    /** Sends one, and says whether it is certain that it has expired; where Redis does not answer is told elsewhere. */
    boolean expire(Primary server) throws InterruptedException {
        round++;
        // Longer than a key of ours, so that nobody takes it for one.
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

    /** Waits until it is heard, or should have been. */
    boolean awaitHeard() throws InterruptedException {
        Flight awaited = flight;
        return awaited != null && awaited.heard.await(EARSHOT.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Says once when Redis begins to refuse what is written, and when that is over. */
    private boolean isWritten(Primary server, byte[] name) throws InterruptedException, ExecutionException {
        try {
            var _ = await(redis.send(
                    server, commands -> commands.set(name, new byte[0], SetArgs.Builder.px(LIFETIME.toMillis()))));
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof RedisCommandExecutionException refused)) {
                throw e;
            }
            if (refusal == null) {
                LOG.warn("Redis ({}) refuses to write: {}", address, refused.getMessage());
            }
            refusal = reason(refused);
            return false;
        }
        if (refusal != null) {
            LOG.info("Redis ({}) writes again", address);
        }
        refusal = null;
        return true;
    }

    private static String reason(RedisCommandExecutionException refused) {
        String said = String.valueOf(refused.getMessage());
        return switch (said.split(" ", 2)[0]) {
            case "OOM" -> "it has reached maxmemory; give it more, about 250 bytes for each active key";
            case "MISCONF" -> "it cannot save to its disk; make room there, or see what its log says";
            case "READONLY" -> "it is a replica; let KEYLAPSE_REDIS_URI name the master, or the Sentinels";
            default -> "it says " + said;
        };
    }

    /** Every stage here ends by a time-out of its own. */
    private static <T> T await(CompletionStage<T> stage) throws InterruptedException, ExecutionException {
        return stage.toCompletableFuture().get();
    }
}
