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
 * Whether a store, or of Redis a primary, is worth asking: after several failures, more than half of all, checks stop waiting for it, and every
 * half second three of them try again. Only checks go by this; a change is always sent to both stores.
 *
 * <p>A failure is a store that did not answer. An answer that was slow but in time is none, because to go elsewhere with
 * it would overload the other store.
 */
@Singleton
final class StoreBreakers {
    private static final Logger LOG = LoggerFactory.getLogger(StoreBreakers.class);

    /** How long a store is left alone before some checks try again. */
    private static final Duration PAUSE = Duration.ofMillis(500);

    private static final int TRIES = 3;
    private static final int MIN_CALLS = 5;

    /**
     * Redis is judged by the last two seconds and not by the last so many answers: after a pause of this process, all
     * answers that were on their way count as late, and under load those are many at once.
     */
    private static final int REDIS_SECONDS = 2;

    /** Postgres is judged by the last so many look-ups, since each that fails takes seconds. */
    private static final int POSTGRES_LOOKUPS = 10;

    /** For each primary its own; of one that has gone and that nobody asks any more, none is kept. */
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
                        // One that complains of the question has answered.
                        .recordException(PostgresFailure::isUnavailable));
        gauge(meters, "redis", () -> redis.asMap().values());
        gauge(meters, "postgres", () -> List.of(postgres));
    }

    /** The way to a primary; an answer that it refused or failed to give in time is a failure. */
    CircuitBreaker redis(Primary primary) {
        return redis.get(primary.id());
    }

    /** The way to Postgres; waiting for one's turn is not part of it, so that a burst is no outage. */
    CircuitBreaker postgres() {
        return postgres;
    }

    private static CircuitBreakerConfig.Builder settings() {
        // Judged when asked and by a clock that nobody sets: a timer, or a step of the clock, could keep a store out.
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
                    LOG.warn("checks do without {}, which does not answer, and try it twice a second", store);
                case HALF_OPEN_TO_CLOSED -> LOG.info("checks rely on {} again", store);
                default -> {
                    // It is tried, or still does not answer.
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
                        "1 while checks do without this store, or a primary of it, because it does not answer, else 0")
                .tag("store", store)
                .strongReference(true)
                .register(meters);
    }
}
