package io.keylapse.app.health;

import io.micronaut.http.HttpStatus;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.ResponseFilter;
import io.micronaut.http.annotation.ServerFilter;
import io.micronaut.management.health.indicator.HealthResult;

/**
 * Answers 503 when the health is DOWN. Micronaut's own filter goes by the path, and so misses {@code /health/readiness/},
 * which its router takes for the same.
 */
@ServerFilter(ServerFilter.MATCH_ALL_PATTERN)
final class HealthStatusFilter {
    @ResponseFilter
    void answer(MutableHttpResponse<?> response) {
        if (response.body() instanceof HealthResult health
                && !health.getStatus().getOperational().orElse(true)) {
            response.status(HttpStatus.SERVICE_UNAVAILABLE);
        }
    }
}
