package io.keylapse.active.watch;

import io.keylapse.active.redis.Primary;
import io.keylapse.active.redis.RedisConnection;
import io.keylapse.active.redis.RedisEventListener;
import io.keylapse.active.redis.RedisSettings;
import io.keylapse.active.redis.RedisUnavailableException;
import io.keylapse.active.trust.RedisTrust;
import io.keylapse.background.BackgroundLoop;
import io.keylapse.background.LoopRegistry;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
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

    /** After which an attempt is given up: a server may have come back meanwhile, and the attempt hang on. */
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private static final Duration PAUSE = Duration.ofMillis(900);
    private static final Duration BOUND = Duration.ofSeconds(30);

    private final RedisConnection redis;
    private final byte[] channel;
    private final RedisEventListener listener;
    private final Runnable onRebuild;
    private final String address;
    private final Canary canary;
    private @Nullable BackgroundLoop loop;
    private Runnable afterClose = () -> {};
    private volatile Primary primary;
    private volatile int misses;
    private volatile boolean heard;
    private @Nullable StatefulRedisPubSubConnection<byte[], byte[]> connection;

    Subscription(
            RedisConnection redis,
            RedisTrust trust,
            Primary primary,
            RedisSettings settings,
            RedisEventListener listener,
            Runnable onRebuild) {
        this.redis = redis;
        this.primary = primary;
        this.channel = settings.changesChannel();
        this.listener = listener;
        this.onRebuild = onRebuild;
        this.address = redis.addressOf(primary);
        this.canary = new Canary(redis, trust, settings.keyPrefix(), address);
    }

    void start(LoopRegistry loops, Runnable afterClose) {
        this.afterClose = afterClose;
        loop = loops.start("redis-canary " + address, PAUSE, BOUND, this::round, RedisUnavailableException::inWords);
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
        Optional<String> untouched = canary.untouched();
        if (untouched.isPresent()) {
            return Optional.of(
                    "Redis (" + address + ") does not let expired keys be touched (it says " + untouched.get()
                            + "), so expiries are recorded by the sweep alone, some seconds late; allow TOUCH");
        }
        if (isSilent()) {
            return Optional.of(
                    "Redis (" + address + ") announces no expiries to this instance, so they are recorded by the"
                            + " sweep alone, some seconds late; see that notify-keyspace-events is Ex, and that"
                            + " __keyevent@*__:expired and "
                            + new String(channel, StandardCharsets.UTF_8) + " may be subscribed to");
        }
        return canary.refusal()
                .map(
                        why -> "Redis (" + address + ") refuses to write, because " + why
                                + ": changes are in Postgres, by which every node goes, and keys issued meanwhile are checked there");
    }

    /** Whether two canaries in a row certainly expired and were not heard; one may be chance. */
    private boolean isSilent() {
        return misses > 1;
    }

    /** A round that fails has heard nothing. */
    private void round() throws InterruptedException {
        boolean completed = false;
        try {
            runOnce();
            completed = true;
        } finally {
            if (!completed) {
                heard = false;
            }
        }
    }

    private void runOnce() throws InterruptedException {
        if (connection == null) {
            subscribe();
        }
        boolean gone = canary.expire(primary);
        heard = gone && canary.awaitHeard();
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
    private final class Hearing implements RedisEventListener {
        @Override
        public void expired(byte[] redisName) {
            if (!canary.hears(redisName)) {
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

    /** Unsubscribes. */
    void close() throws InterruptedException {
        BackgroundLoop started = loop;
        if (started != null) {
            started.interrupt();
        }
        heard = false;
        StatefulRedisPubSubConnection<byte[], byte[]> last = connection;
        if (last != null) {
            var _ = last.closeAsync();
        }
        afterClose.run();
    }
}
