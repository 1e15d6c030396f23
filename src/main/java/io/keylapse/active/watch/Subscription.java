package io.keylapse.active.watch;

import io.keylapse.active.redis.Primary;
import io.keylapse.active.redis.RedisConnection;
import io.keylapse.active.redis.RedisSettings;
import io.keylapse.active.redis.SignalListener;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The subscription to one primary, and the canary that shows that it is alive: a key made to expire each second, whose
 * {@code expired} event must come back. A connection may look well and deliver nothing: when a server that hangs was
 * replaced, when a right was withdrawn and given back, when the notifications were switched off.
 */
final class Subscription {
    private static final Logger LOG = LoggerFactory.getLogger(Subscription.class);
    private static final Duration LIFETIME = Duration.ofMillis(100);

    /** The server deletes a key once its clock has passed the deadline. */
    private static final Duration UNTIL_TOUCHED = LIFETIME.plusMillis(5);

    private static final Duration EARSHOT = Duration.ofSeconds(1);

    /** After which an attempt is given up: a server may have come back meanwhile, and the attempt hang on. */
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private static final Duration PAUSE = Duration.ofMillis(900);

    private record Canary(ByteBuffer name, CountDownLatch heard) {}

    /** Two nodes of the service must not mistake each other's canaries for their own. */
    private final String ownName = UUID.randomUUID().toString();

    private final RedisConnection redis;
    private final String keyPrefix;
    private final byte[] channel;
    private final SignalListener listener;
    private final Runnable onRebuild;
    private final String address;
    private final Thread thread;
    private Runnable afterClose = () -> {};
    private volatile Primary primary;
    private volatile @Nullable Canary canary;
    private volatile int misses;
    private volatile boolean heard;
    private volatile @Nullable String refusal;
    private @Nullable StatefulRedisPubSubConnection<byte[], byte[]> connection;
    private long round;

    Subscription(
            RedisConnection redis,
            Primary primary,
            RedisSettings settings,
            SignalListener listener,
            Runnable onRebuild) {
        this.redis = redis;
        this.primary = primary;
        this.keyPrefix = settings.keyPrefix();
        this.channel = settings.changesChannel();
        this.listener = listener;
        this.onRebuild = onRebuild;
        this.address = redis.addressOf(primary);
        this.thread = Thread.ofVirtual().name("redis-canary " + address).unstarted(this::run);
    }

    void start(Runnable afterClose) {
        this.afterClose = afterClose;
        thread.start();
    }

    /** The same primary, which may have another tag now, because slots were moved. */
    void watch(Primary primary) {
        this.primary = primary;
    }

    String address() {
        return address;
    }

    /** Whether the last canary was heard. */
    boolean isHeard() {
        return heard;
    }

    /** What is wrong and what to do about it; empty when all is well, or not known. */
    Optional<String> complaint() {
        if (isSilent()) {
            return Optional.of(
                    "Redis (" + address + ") announces no expiries to this instance, so they are recorded by the"
                            + " sweep alone, some seconds late; see that notify-keyspace-events is Ex, and that"
                            + " __keyevent@*__:expired and "
                            + new String(channel, StandardCharsets.UTF_8) + " may be subscribed to");
        }
        return Optional.ofNullable(refusal)
                .map(
                        why -> "Redis (" + address + ") refuses to write, because " + why
                                + ": changes are in Postgres, by which every node goes, and keys issued meanwhile are checked there");
    }

    /** Whether two canaries in a row certainly expired and were not heard; one may be chance. */
    private boolean isSilent() {
        return misses > 1;
    }

    private void run() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                runOnce();
                Thread.sleep(PAUSE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            if (connection != null) {
                var _ = connection.closeAsync();
            }
            afterClose.run();
        }
    }

    private void runOnce() throws InterruptedException {
        if (connection == null) {
            subscribe();
        }
        boolean gone = expireCanary();
        heard = gone && awaitCanary();
        if (heard) {
            if (isSilent()) {
                LOG.info("expiries of Redis ({}) are heard again", address);
            }
            misses = 0;
        } else if (gone) {
            int missed = misses + 1;
            misses = missed;
            // Twice as rarely each time, because when it is the server that says nothing, no subscription helps.
            if (Integer.bitCount(missed) == 1) {
                LOG.warn("an expiry of Redis ({}) was not heard; subscribing anew", address);
                listener.lost();
                onRebuild.run();
                subscribe();
            }
        }
    }

    /** Closes the old one once the new one is open, so that no event falls in between; one heard twice does no harm. */
    private void subscribe() throws InterruptedException {
        CompletableFuture<StatefulRedisPubSubConnection<byte[], byte[]>> opening =
                redis.subscribe(primary, channel, new Hearing()).toCompletableFuture();
        StatefulRedisPubSubConnection<byte[], byte[]> old = connection;
        try {
            connection = opening.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            if (old != null) {
                var _ = old.closeAsync();
            }
        } catch (ExecutionException e) {
            LOG.debug("no subscription to {}: {}", address, e.toString());
        } catch (TimeoutException e) {
            LOG.debug("no subscription to {} in time", address);
            var _ = opening.thenCompose(StatefulConnection::closeAsync);
        } catch (InterruptedException e) {
            var _ = opening.thenCompose(StatefulConnection::closeAsync);
            throw e;
        }
    }

    /** Keeps the canaries to itself. */
    private final class Hearing implements SignalListener {
        @Override
        public void expired(byte[] redisName) {
            Canary awaited = canary;
            if (awaited != null && awaited.name.equals(ByteBuffer.wrap(redisName))) {
                awaited.heard.countDown();
            } else {
                listener.expired(redisName);
            }
        }

        @Override
        public void published(byte[] message) {
            listener.published(message);
        }

        @Override
        public void lost() {
            listener.lost();
        }
    }

    /** Whether it is certain that a canary has expired; where Redis does not answer is told elsewhere. */
    private boolean expireCanary() throws InterruptedException {
        Primary server = primary;
        round++;
        // Longer than a key of ours, so that nobody takes it for one.
        byte[] name =
                (keyPrefix + "{" + server.tag() + "}canary:" + ownName + ":" + round).getBytes(StandardCharsets.UTF_8);
        canary = new Canary(ByteBuffer.wrap(name), new CountDownLatch(1));
        try {
            if (!isWritten(server, name)) {
                return false;
            }
            Thread.sleep(UNTIL_TOUCHED);
            return await(redis.send(server, commands -> commands.touch(name))) == 0;
        } catch (ExecutionException e) {
            LOG.debug("no canary at {}: {}", address, e.toString());
            return false;
        }
    }

    /** Writes the canary. Says once when Redis begins to refuse what is written, and when that is over. */
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

    private boolean awaitCanary() throws InterruptedException {
        Canary awaited = canary;
        return awaited != null && awaited.heard.await(EARSHOT.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Every stage here ends by a time-out of its own. */
    private static <T> T await(CompletionStage<T> stage) throws InterruptedException, ExecutionException {
        return stage.toCompletableFuture().get();
    }

    /** Unsubscribes, at once or a moment later. */
    void close() {
        thread.interrupt();
    }
}
