package io.keylapse.http.gateway.grpc;

import io.envoyproxy.envoy.service.auth.v3.AuthorizationGrpc;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.keylapse.http.Draining;
import io.keylapse.http.HealthProbe;
import io.micronaut.management.health.indicator.HealthCheckType;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Health by gRPC. The server ({@code ""}) and {@code envoy.service.auth.v3.Authorization} are SERVING while {@code
 * /health/readiness} answers 200. {@code Watch} looks once a second.
 */
final class HealthService extends HealthGrpc.HealthImplBase {
    private static final Set<String> SERVICES = Set.of("", AuthorizationGrpc.SERVICE_NAME);

    private final HealthProbe health;
    private final Draining draining;
    private final Executor threads;
    private final Executor aSecondLater;
    private volatile boolean ended;

    /**
     * @param health if the endpoint is disabled, only draining counts
     * @param threads for waiting until the stores have answered
     */
    HealthService(HealthProbe health, Draining draining, Executor threads) {
        this.health = health;
        this.draining = draining;
        this.threads = threads;
        this.aSecondLater = CompletableFuture.delayedExecutor(1, TimeUnit.SECONDS, threads);
    }

    @Override
    public void check(HealthCheckRequest request, StreamObserver<HealthCheckResponse> observer) {
        if (!SERVICES.contains(request.getService())) {
            observer.onError(Status.NOT_FOUND.withDescription("unknown service").asRuntimeException());
            return;
        }
        var caller = (ServerCallStreamObserver<HealthCheckResponse>) observer;
        caller.setOnCancelHandler(() -> {});
        threads.execute(() -> {
            caller.onNext(response(status()));
            caller.onCompleted();
        });
    }

    @Override
    public void watch(HealthCheckRequest request, StreamObserver<HealthCheckResponse> observer) {
        var caller = (ServerCallStreamObserver<HealthCheckResponse>) observer;
        caller.setOnCancelHandler(() -> {});
        boolean isKnown = SERVICES.contains(request.getService());
        threads.execute(() -> follow(caller, isKnown, null));
    }

    /** Ends watches within a second, so that they do not delay the shutdown. */
    void end() {
        ended = true;
    }

    private void follow(
            ServerCallStreamObserver<HealthCheckResponse> caller, boolean isKnown, @Nullable ServingStatus before) {
        if (caller.isCancelled()) {
            return;
        }
        if (ended) {
            caller.onError(Status.UNAVAILABLE.withDescription("shutting down").asRuntimeException());
            return;
        }
        ServingStatus now = isKnown ? status() : ServingStatus.SERVICE_UNKNOWN;
        if (now != before) {
            caller.onNext(response(now));
        }
        aSecondLater.execute(() -> follow(caller, isKnown, now));
    }

    private ServingStatus status() {
        return isReady() ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
    }

    private boolean isReady() {
        return !draining.hasBegun()
                && (!health.isEnabled() || HealthProbe.isOperational(health.status(HealthCheckType.READINESS)));
    }

    private static HealthCheckResponse response(ServingStatus status) {
        return HealthCheckResponse.newBuilder().setStatus(status).build();
    }
}
