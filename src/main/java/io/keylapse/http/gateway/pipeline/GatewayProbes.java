package io.keylapse.http.gateway.pipeline;

import io.keylapse.http.HealthProbe;
import io.keylapse.http.gateway.Answer;
import io.keylapse.http.gateway.CheckEndpoint;
import io.keylapse.http.gateway.Question;
import io.micronaut.context.BeanProvider;
import io.micronaut.health.HealthStatus;
import io.micronaut.http.HttpStatus;
import io.micronaut.management.health.indicator.HealthCheckType;
import io.micronaut.scheduling.TaskExecutors;
import io.netty.handler.codec.http.HttpMethod;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.function.Consumer;

/**
 * Liveness and readiness on a listener for gateways: the status, without details. All other requests that are not checks
 * are answered with 404.
 */
@Singleton
final class GatewayProbes {
    private static final Map<String, HealthCheckType> PATHS = Map.of(
            "/health/liveness", HealthCheckType.LIVENESS,
            "/health/readiness", HealthCheckType.READINESS);

    private final CheckEndpoint endpoint;
    private final HealthProbe health;
    private final BeanProvider<ExecutorService> threads;

    GatewayProbes(
            CheckEndpoint endpoint,
            HealthProbe health,
            @Named(TaskExecutors.BLOCKING) BeanProvider<ExecutorService> threads) {
        this.endpoint = endpoint;
        this.health = health;
        this.threads = threads;
    }

    /** Whether a target is one of the probes. */
    static boolean isAskedBy(String target) {
        int end = target.indexOf('?');
        return PATHS.containsKey(end < 0 ? target : target.substring(0, end));
    }

    /** Answers a request that is not a check, exactly once: a probe later, on another thread. */
    void answer(HttpMethod method, Question question, Consumer<Answer> gateway) {
        HealthCheckType type = PATHS.get(question.path());
        boolean reads = method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD);
        if (type != null && reads && health.isEnabled()) {
            threads.get().execute(() -> gateway.accept(inWords(health.status(type))));
        } else {
            gateway.accept(endpoint.nowhere(question));
        }
    }

    private static Answer inWords(HealthStatus status) {
        return new Answer(
                HealthProbe.isOperational(status) ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE,
                List.of(
                        "Content-Type",
                        "application/json",
                        "Cache-Control",
                        "no-store",
                        "X-Content-Type-Options",
                        "nosniff"),
                "{\"status\":\"" + status.getName() + "\"}");
    }
}
