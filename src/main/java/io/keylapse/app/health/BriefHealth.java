package io.keylapse.app.health;

import io.micronaut.context.annotation.Replaces;
import io.micronaut.context.annotation.Requires;
import io.micronaut.health.HealthStatus;
import io.micronaut.management.endpoint.health.HealthEndpoint;
import io.micronaut.management.health.aggregator.DefaultHealthAggregator;
import io.micronaut.management.health.indicator.HealthResult;
import io.micronaut.runtime.ApplicationConfiguration;
import jakarta.inject.Singleton;
import java.util.List;

/** Health without what Micronaut adds about itself and no setting switches off. */
@Singleton
@Requires(beans = HealthEndpoint.class)
@Replaces(DefaultHealthAggregator.class)
final class BriefHealth extends DefaultHealthAggregator {
    private static final String SAID_BY_READINESS = "gracefulShutdown";

    BriefHealth(ApplicationConfiguration application) {
        super(application);
    }

    /** To Micronaut, UP and DEGRADED are alike, and whichever was found last would win. */
    @Override
    protected HealthStatus calculateOverallStatus(List<HealthResult> results) {
        return super.calculateOverallStatus(ours(results));
    }

    @Override
    protected Object aggregateDetails(List<HealthResult> results) {
        return super.aggregateDetails(ours(results));
    }

    private static List<HealthResult> ours(List<HealthResult> results) {
        return results.stream()
                .filter(result -> !result.getName().equals(SAID_BY_READINESS))
                .toList();
    }
}
