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
 * Subscription to one primary, with a {@link Canary} about once a second that tests it end to end. A connection may be open
 * and deliver nothing: after a hanging server was replaced, after a right was withdrawn and granted again, or while
 * notifications are switched off.
 */
final class Subscription {
    private static final Logger LOG = LoggerFactory.getLogger(Subscription.class);

    /** Timeout of an attempt to subscribe. An attempt may hang although the server is available again. */
    private static final Duration SUBSCRIBE_TIMEOUT = Duration.ofSeconds(1);

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
    private volatile boolean receiving;
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

    /** Updates the primary, whose tag changes when slots are moved. */
    void watch(Primary primary) {
        this.primary = primary;
    }

    String address() {
        return address;
    }

    /** Whether the expired event of the last canary arrived. */
    boolean isReceiving() {
        return receiving;
    }

    /** The problem and what to do; empty when there is none, or it is not known yet. */
    Optional<String> complaint() {
        Optional<String> untouched = canary.untouched();
        if (untouched.isPresent()) {
            return Optional.of("Redis (" + address + ") does not allow TOUCH on expired keys (it answers "
                    + untouched.get() + "), so only the sweep records expiries, some seconds late; allow TOUCH");
        }
        if (isSilent()) {
            return Optional.of(
                    "Redis (" + address + ") announces no expiries to this instance, so only the sweep records"
                            + " them, some seconds late; set notify-keyspace-events to Ex, and allow the channels"
                            + " __keyevent@*__:expired and "
                            + new String(channel, StandardCharsets.UTF_8));
        }
        return canary.refusal()
                .map(why -> "Redis (" + address + ") refuses to write, because " + why
                        + ": every node gets changes from Postgres, and keys issued meanwhile are checked there");
    }

    /** Whether Redis deleted at least two canaries in a row without announcing them. A single lost event may be chance. */
    private boolean isSilent() {
        return misses > 1;
    }

    /** Runs one canary. If that fails, no event was received. */
    private void round() throws InterruptedException {
        boolean completed = false;
        try {
            runOnce();
            completed = true;
        } finally {
            if (!completed) {
                receiving = false;
            }
        }
    }

    private void runOnce() throws InterruptedException {
        if (connection == null) {
            subscribe();
        }
        boolean gone = canary.expire(primary);
        receiving = gone && canary.awaitAnnouncement();
        if (receiving) {
            if (isSilent()) {
                LOG.info("Redis ({}) announces expiries again", address);
            }
            misses = 0;
        } else if (gone) {
            int missed = misses + 1;
            misses = missed;
            // Exponential back-off: if the server itself announces nothing, a new subscription does not help.
            if (Integer.bitCount(missed) == 1) {
                LOG.warn("Redis ({}) did not announce an expiry; resubscribing", address);
                listener.lost();
                onRebuild.run();
                subscribe();
            }
        }
    }

    /** Opens the new subscription before closing the old one, so that no event is lost. Duplicate events are harmless. */
    private void subscribe() throws InterruptedException {
        CompletableFuture<StatefulRedisPubSubConnection<byte[], byte[]>> opening =
                redis.subscribe(primary, channel, new CanaryFilter()).toCompletableFuture();
        StatefulRedisPubSubConnection<byte[], byte[]> old = connection;
        try {
            connection = opening.get(SUBSCRIBE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
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

    /** Passes on every event except those of canaries. */
    private final class CanaryFilter implements RedisEventListener {
        @Override
        public void expired(byte[] redisName) {
            if (!canary.receive(redisName)) {
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

    /** Stops the canary and closes the subscription. */
    void close() throws InterruptedException {
        BackgroundLoop started = loop;
        if (started != null) {
            started.interrupt();
        }
        receiving = false;
        StatefulRedisPubSubConnection<byte[], byte[]> last = connection;
        if (last != null) {
            var _ = last.closeAsync();
        }
        afterClose.run();
    }
}
