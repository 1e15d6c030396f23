package io.keylapse.app.health;

import io.keylapse.http.access.audience.ForAnybody;
import io.micronaut.context.annotation.Requires;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.management.endpoint.health.HealthEndpoint;
import io.micronaut.management.health.indicator.HealthCheckType;
import io.micronaut.management.health.indicator.HealthResult;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/**
 * Liveness and readiness for load balancers on the main port, when the endpoints have their own port. Returns the
 * status without details.
 */
@Controller("/health")
@ForAnybody
@Requires(beans = HealthEndpoint.class)
@Requires(condition = ObservationPort.IsSet.class)
final class Probes {
    private final HealthEndpoint health;

    Probes(HealthEndpoint health) {
        this.health = health;
    }

    @Get("/liveness")
    Publisher<HealthResult> liveness() {
        return status(HealthCheckType.LIVENESS);
    }

    @Get("/readiness")
    Publisher<HealthResult> readiness() {
        return status(HealthCheckType.READINESS);
    }

    private Publisher<HealthResult> status(HealthCheckType type) {
        return Mono.from(health.getHealth(null, type))
                .map(result -> HealthResult.builder(null, result.getStatus()).build());
    }
}
