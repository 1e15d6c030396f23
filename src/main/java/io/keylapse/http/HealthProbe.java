package io.keylapse.http;

import io.micronaut.context.BeanProvider;
import io.micronaut.health.HealthStatus;
import io.micronaut.management.endpoint.health.HealthEndpoint;
import io.micronaut.management.health.indicator.HealthCheckType;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/** The health of this node, as gateways ask for it: by HTTP and by gRPC. */
@Singleton
public final class HealthProbe {
    private static final Logger LOG = LoggerFactory.getLogger(HealthProbe.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final BeanProvider<HealthEndpoint> health;

    HealthProbe(BeanProvider<HealthEndpoint> health) {
        this.health = health;
    }

    /** Whether the endpoint {@code /health} is enabled. */
    public boolean isEnabled() {
        return health.isPresent();
    }

    /** Liveness or readiness; DOWN if it cannot be found out within 10 seconds. Waits, so it must not run on an event loop. */
    public HealthStatus status(HealthCheckType type) {
        try {
            return Objects.requireNonNull(
                            Mono.from(health.get().getHealth(null, type)).block(TIMEOUT))
                    .getStatus();
        } catch (RuntimeException e) {
            LOG.error("failed to check the health", e);
            return HealthStatus.DOWN;
        }
    }

    /** Whether requests may be sent to a node with that status. */
    public static boolean isOperational(HealthStatus status) {
        return status.getOperational().orElse(true);
    }
}
