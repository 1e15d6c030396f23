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
 * Health without what Micronaut adds about itself and no setting switches off. Those who ask at the same time share a look:
 * each asks both stores, or stops all threads to find a deadlock.
 */
@Singleton
@Requires(beans = HealthEndpoint.class)
@Replaces(DefaultHealthAggregator.class)
final class BriefHealth extends DefaultHealthAggregator {
    private static final String SAID_BY_READINESS = "gracefulShutdown";
    private static final String DEADLOCK = "deadlockedThreads";
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final boolean observedApart;
    private final Map<HealthIndicator, SharedLook<List<HealthResult>>> looks = new ConcurrentHashMap<>();

    BriefHealth(ApplicationConfiguration application, Environment environment) {
        super(application);
        this.observedApart = ObservationPort.isSet(environment);
    }

    @Override
    protected Flux<HealthResult> aggregateResults(HealthIndicator[] indicators) {
        return Flux.fromArray(indicators)
                .concatMapIterable(indicator ->
                        looks.computeIfAbsent(indicator, BriefHealth::look).take());
    }

    private static SharedLook<List<HealthResult>> look(HealthIndicator indicator) {
        return new SharedLook<>(() -> Objects.requireNonNull(
                Flux.from(indicator.getResult()).collectList().block(PATIENCE)));
    }

    /** To Micronaut, UP and DEGRADED are alike, and whichever was found last would win. */
    @Override
    protected HealthStatus calculateOverallStatus(List<HealthResult> results) {
        return super.calculateOverallStatus(ours(results));
    }

    /** Stack traces are not for everybody who reaches the main port. */
    @Override
    protected Object aggregateDetails(List<HealthResult> results) {
        return super.aggregateDetails(ours(results).stream()
                .map(result -> observedApart || !result.getName().equals(DEADLOCK)
                        ? result
                        : HealthResult.builder(DEADLOCK, result.getStatus()).build())
                .toList());
    }

    private static List<HealthResult> ours(List<HealthResult> results) {
        return results.stream()
                .filter(result -> !result.getName().equals(SAID_BY_READINESS))
                .toList();
    }
}
