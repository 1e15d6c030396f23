package io.keylapse.active.watch;

import io.keylapse.active.redis.Primary;
import io.keylapse.active.redis.RedisConnection;
import io.keylapse.active.trust.RedisTrust;
import io.keylapse.background.BackgroundLoop;
import io.keylapse.background.LoopRegistry;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Context;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Observes how long each primary has not been trusted, for readiness and metrics. Looks twice a second. */
@Context
final class TrustWatch {
    private static final Duration PAUSE = Duration.ofMillis(500);
    private static final Duration BOUND = Duration.ofSeconds(30);

    /** Not reported for so long, because a new connection or a short rebuild is normal. */
    private static final Duration GRACE = Duration.ofSeconds(5);

    private final RedisConnection redis;
    private final RedisTrust trust;
    private final MeterRegistry meters;
    private final LoopRegistry loops;
    private final Map<String, Watched> watched = new ConcurrentHashMap<>();
    private @Nullable BackgroundLoop loop;

    /** @param trustedAt {@link System#nanoTime} at which it was last seen to be trusted, or first seen */
    private record Watched(Gauge gauge, long trustedAt) {}

    TrustWatch(LoopRegistry loops, RedisConnection redis, RedisTrust trust, MeterRegistry meters) {
        this.loops = loops;
        this.redis = redis;
        this.trust = trust;
        this.meters = meters;
    }

    /** Whether this primary has not been trusted for more than 5 seconds. */
    boolean isDistrusted(Primary primary) {
        Watched seen = watched.get(primary.id());
        return seen != null && !trust.isTrusted(primary) && System.nanoTime() - seen.trustedAt > GRACE.toNanos();
    }

    @PostConstruct
    void start() {
        loop = loops.start("redis-trust", PAUSE, BOUND, this::look);
    }

    @PreDestroy
    void stop() throws InterruptedException {
        BackgroundLoop started = loop;
        if (started != null) {
            started.stop();
        }
    }

    private void look() {
        List<Primary> primaries = redis.primaries();
        watched.forEach((id, each) -> {
            if (primaries.stream().noneMatch(primary -> primary.id().equals(id))) {
                watched.remove(id);
                meters.remove(each.gauge);
            }
        });
        long now = System.nanoTime();
        for (Primary primary : primaries) {
            watched.compute(primary.id(), (_, seen) -> {
                if (seen == null) {
                    return new Watched(gauge(primary), now);
                }
                return trust.isTrusted(primary) ? new Watched(seen.gauge, now) : seen;
            });
        }
    }

    private Gauge gauge(Primary primary) {
        return Gauge.builder("keylapse.redis.trusted", trust, each -> each.isTrusted(primary) ? 1 : 0)
                .description("1 while checks use this primary, 0 while they ask Postgres instead")
                .tag("primary", redis.addressOf(primary))
                .register(meters);
    }
}
