package io.keylapse.active.watch;

import io.keylapse.active.redis.Primary;
import io.keylapse.active.redis.RedisConnection;
import io.keylapse.active.redis.RedisEventListener;
import io.keylapse.active.redis.RedisSettings;
import io.keylapse.active.trust.RedisTrust;
import io.keylapse.background.BackgroundLoop;
import io.keylapse.background.LoopRegistry;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Subscriptions to the events of Redis, one for each primary: in a Cluster, no node forwards the expired events of another.
 * The set of primaries changes with fail-overs and moved slots, and is updated twice a second.
 */
@Singleton
public final class SubscriptionManager {
    private static final Duration PAUSE = Duration.ofMillis(500);
    private static final Duration BOUND = Duration.ofSeconds(30);

    private final RedisConnection redis;
    private final RedisTrust trust;
    private final RedisSettings settings;
    private final MeterRegistry meters;
    private final Counter rebuilds;
    private final Map<String, Subscription> byPrimary = new ConcurrentHashMap<>();
    private final LoopRegistry loops;
    private @Nullable BackgroundLoop loop;

    SubscriptionManager(
            LoopRegistry loops, RedisConnection redis, RedisTrust trust, RedisSettings settings, MeterRegistry meters) {
        this.loops = loops;
        this.trust = trust;
        this.redis = redis;
        this.settings = settings;
        this.meters = meters;
        this.rebuilds = Counter.builder("keylapse.redis.canary.rebuilds")
                .description("resubscriptions because Redis did not announce the expiry of a canary")
                .register(meters);
    }

    /** Starts to subscribe to every primary, and to resubscribe when needed. */
    public void start(RedisEventListener listener) {
        loop = loops.start("redis-subscriptions", PAUSE, BOUND, () -> look(listener));
    }

    /** Problems of the primaries, each a sentence that says what to do; empty when there is none, or it is not known yet. */
    public List<String> complaints() {
        return byPrimary.values().stream()
                .flatMap(each -> each.complaint().stream())
                .toList();
    }

    /** Whether the expired event of the last canary arrived from every primary. */
    public boolean areHeard() {
        return !byPrimary.isEmpty() && byPrimary.values().stream().allMatch(Subscription::isReceiving);
    }

    private void look(RedisEventListener listener) throws InterruptedException {
        List<Primary> primaries = redis.primaries();
        for (Map.Entry<String, Subscription> each : List.copyOf(byPrimary.entrySet())) {
            if (primaries.stream().noneMatch(primary -> primary.id().equals(each.getKey()))) {
                byPrimary.remove(each.getKey());
                each.getValue().close();
            }
        }
        for (Primary primary : primaries) {
            byPrimary
                    .computeIfAbsent(primary.id(), _ -> open(primary, listener))
                    .watch(primary);
        }
    }

    private Subscription open(Primary primary, RedisEventListener listener) {
        var subscription = new Subscription(redis, trust, primary, settings, listener, rebuilds::increment);
        Gauge gauge = Gauge.builder("keylapse.redis.canary", subscription, each -> each.isReceiving() ? 1 : 0)
                .description("1 while expired events of this primary arrive within a second, else 0")
                .tag("primary", subscription.address())
                .register(meters);
        subscription.start(loops, () -> meters.remove(gauge));
        return subscription;
    }

    @PreDestroy
    void close() throws InterruptedException {
        BackgroundLoop started = loop;
        if (started != null) {
            started.interrupt();
        }
        for (Subscription each : byPrimary.values()) {
            each.close();
        }
    }
}
