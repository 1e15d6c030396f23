package io.keylapse.app.health;

import io.micronaut.context.annotation.Replaces;
import io.micronaut.context.annotation.Requires;
import io.micronaut.context.env.Environment;
import io.micronaut.health.HealthStatus;
import io.micronaut.management.endpoint.health.HealthEndpoint;
import io.micronaut.management.health.aggregator.DefaultHealthAggregator;
import io.micronaut.management.health.indicator.HealthIndicator;
import io.micronaut.management.health.indicator.HealthResult;
import io.micronaut.runtime.ApplicationConfiguration;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import reactor.core.publisher.Flux;

/**
 * The health endpoint, without the indicators that Micronaut adds about itself and that no setting removes. Concurrent
 * requests share one result: an indicator queries both stores, or stops all threads to find deadlocks.
 */
@Singleton
@Requires(beans = HealthEndpoint.class)
@Replaces(DefaultHealthAggregator.class)
final class BriefHealth extends DefaultHealthAggregator {
    private static final String GRACEFUL_SHUTDOWN = "gracefulShutdown";
    private static final String DEADLOCK = "deadlockedThreads";
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final boolean hasOwnPort;
    private final Map<HealthIndicator, SharedLook<List<HealthResult>>> looks = new ConcurrentHashMap<>();

    BriefHealth(ApplicationConfiguration application, Environment environment) {
        super(application);
        this.hasOwnPort = ObservationPort.isSet(environment);
    }

    @Override
    protected Flux<HealthResult> aggregateResults(HealthIndicator[] indicators) {
        return Flux.fromArray(indicators)
                .concatMapIterable(indicator ->
                        looks.computeIfAbsent(indicator, BriefHealth::look).take());
    }

    private static SharedLook<List<HealthResult>> look(HealthIndicator indicator) {
        return new SharedLook<>(() -> Objects.requireNonNull(
                Flux.from(indicator.getResult()).collectList().block(TIMEOUT)));
    }

    /**
     * Determines the status without Micronaut's indicators. Micronaut treats UP and DEGRADED alike, and the last result
     * would win.
     */
    @Override
    protected HealthStatus calculateOverallStatus(List<HealthResult> results) {
        return super.calculateOverallStatus(relevant(results));
    }

    /**
     * Removes the stack traces of deadlocked threads, unless the endpoint has its own port: on the main port anyone
     * could read them.
     */
    @Override
    protected Object aggregateDetails(List<HealthResult> results) {
        return super.aggregateDetails(relevant(results).stream()
                .map(result -> hasOwnPort || !result.getName().equals(DEADLOCK)
                        ? result
                        : HealthResult.builder(DEADLOCK, result.getStatus()).build())
                .toList());
    }

    private static List<HealthResult> relevant(List<HealthResult> results) {
        return results.stream()
                .filter(result -> !result.getName().equals(GRACEFUL_SHUTDOWN))
                .toList();
    }
}
