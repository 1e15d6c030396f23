package io.keylapse.app.health;

import io.micronaut.http.HttpStatus;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.ResponseFilter;
import io.micronaut.http.annotation.ServerFilter;
import io.micronaut.management.health.indicator.HealthResult;

/**
 * Sets the status 503 when the health is DOWN. Micronaut's own filter matches the path exactly and so misses {@code
 * /health/readiness/}, which its router accepts as well.
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
