package io.keylapse.check;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import io.keylapse.active.redis.Primary;
import io.keylapse.registry.sql.PostgresFailure;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Circuit breakers for checks: one for Postgres and one for each Redis primary. After at least five calls of which half or
 * more failed, checks skip the store, and three of them try it again every 0.5 seconds. Changes are always sent to both
 * stores.
 *
 * <p>A slow answer within the timeout is no failure: moving its load to the other store would overload that one.
 */
@Singleton
final class StoreBreakers {
    private static final Logger LOG = LoggerFactory.getLogger(StoreBreakers.class);

    /** How long a store is skipped before some checks try it again. */
    private static final Duration PAUSE = Duration.ofMillis(500);

    private static final int TRIES = 3;
    private static final int MIN_CALLS = 5;

    /**
     * Window of the breaker of Redis, in seconds. It is not a number of calls, because after a pause of this process all
     * calls that were under way time out, and under load these are many.
     */
    private static final int REDIS_SECONDS = 2;

    /** Window of the breaker of Postgres, in look-ups: each one that fails takes seconds. */
    private static final int POSTGRES_LOOKUPS = 10;

    /** One for each primary; those of primaries that no longer exist expire. */
    private final LoadingCache<String, CircuitBreaker> redis = Caffeine.newBuilder()
            .expireAfterAccess(Duration.ofMinutes(1))
            .build(primary -> breaker(
                    "Redis",
                    settings().slidingWindowType(SlidingWindowType.TIME_BASED).slidingWindowSize(REDIS_SECONDS)));

    private final CircuitBreaker postgres;

    StoreBreakers(MeterRegistry meters) {
        postgres = breaker(
                "Postgres",
                settings()
                        .slidingWindowType(SlidingWindowType.COUNT_BASED)
                        .slidingWindowSize(POSTGRES_LOOKUPS)
                        // An error reply is an answer.
                        .recordException(PostgresFailure::isUnavailable));
        gauge(meters, "redis", () -> redis.asMap().values());
        gauge(meters, "postgres", () -> List.of(postgres));
    }

    /** The breaker of a primary. An error reply and a timeout count as failures. */
    CircuitBreaker redis(Primary primary) {
        return redis.get(primary.id());
    }

    /** The breaker of Postgres. Waiting for a connection is not part of a call, so that a burst is no outage. */
    CircuitBreaker postgres() {
        return postgres;
    }

    private static CircuitBreakerConfig.Builder settings() {
        // A monotonic clock, and no timer: a step of the system clock could keep a breaker open.
        InstantSource steady = () -> Instant.ofEpochSecond(0, System.nanoTime());
        return CircuitBreakerConfig.custom()
                .clock(steady.withZone(ZoneOffset.UTC))
                .failureRateThreshold(50)
                .minimumNumberOfCalls(MIN_CALLS)
                .slowCallDurationThreshold(Duration.ofDays(1))
                .waitDurationInOpenState(PAUSE)
                .permittedNumberOfCallsInHalfOpenState(TRIES)
                .writableStackTraceEnabled(false);
    }

    private static CircuitBreaker breaker(String store, CircuitBreakerConfig.Builder settings) {
        var breaker = CircuitBreaker.of(store, settings.build());
        breaker.getEventPublisher().onStateTransition(event -> {
            switch (event.getStateTransition()) {
                case CLOSED_TO_OPEN ->
                    LOG.warn("{} is not responding; checks skip it and try it again every 0.5 s", store);
                case HALF_OPEN_TO_CLOSED -> LOG.info("{} is responding again; checks use it", store);
                default -> {
                    // Half-open, or open again.
                }
            }
        });
        return breaker;
    }

    private static void gauge(MeterRegistry meters, String store, Supplier<Collection<CircuitBreaker>> breakers) {
        Gauge.builder(
                        "keylapse.store.breaker",
                        () -> breakers.get().stream().allMatch(each -> each.getState() == State.CLOSED) ? 0 : 1)
                .description(
                        "1 while checks skip this store, or one of its primaries, because it does not respond; else 0")
                .tag("store", store)
                .strongReference(true)
                .register(meters);
    }
}
