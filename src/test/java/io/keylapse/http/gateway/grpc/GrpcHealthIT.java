package io.keylapse.http.gateway.grpc;

import static io.keylapse.harness.Node.freePort;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.envoyproxy.envoy.service.auth.v3.AuthorizationGrpc;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.EnvoyClient;
import io.keylapse.harness.EnvoyClient.Decision;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.http.Draining;
import io.keylapse.key.KeyFormat;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What Envoy sees of a node that cannot answer, or stops. */
class GrpcHealthIT {
    private static final String UNISSUED =
            new KeyFormat("kl", List.of()).generate().reveal();

    private final int port = freePort();
    private final Watcher watcher = new Watcher();

    @Test
    void health_follows_readiness_while_stores_fail_and_checks_are_503_meanwhile() {
        Stores stores = Stores.own();
        Node node = Node.start(stores, Map.of("keylapse.grpc.port", port));
        EnvoyClient envoy = new EnvoyClient(port);
        String key = node.issue(Duration.ofDays(1)).text("key");
        assertThat(health(envoy, "")).isEqualTo(ServingStatus.SERVING);
        assertThat(health(envoy, AuthorizationGrpc.SERVICE_NAME)).isEqualTo(ServingStatus.SERVING);
        assertThatThrownBy(() -> health(envoy, "another"))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND));
        HealthGrpc.newStub(envoy.channel()).watch(HealthCheckRequest.getDefaultInstance(), watcher);
        watcher.await(ServingStatus.SERVING);

        stores.interruptRedis();
        stores.interruptPostgres();

        await().atMost(30, SECONDS).until(() -> health(envoy, "") == ServingStatus.NOT_SERVING);
        watcher.await(ServingStatus.SERVING, ServingStatus.NOT_SERVING);
        Answer http =
                await().atMost(30, SECONDS).until(() -> node.anonymous().check(key), answer -> answer.status() == 503);
        Decision decision = envoy.check(Map.of("x-api-key", key), null);
        assertThat(decision.status()).isEqualTo(503);
        assertThat(decision.body()).isEqualTo(http.body());
        assertThat(decision.headers())
                .containsEntry("Retry-After", http.header("Retry-After"))
                .containsEntry("X-Key-Code", "STORE_UNAVAILABLE");

        stores.resumeRedis();
        stores.resumePostgres();
        watcher.await(ServingStatus.SERVING, ServingStatus.NOT_SERVING, ServingStatus.SERVING);
    }

    @Test
    void draining_node_is_not_serving_and_still_answers() throws Exception {
        // Without the health endpoint, whose readiness says so too.
        Node node = Node.start(
                Stores.shared(),
                Map.of("keylapse.grpc.port", port, "keylapse.drain-time", "PT1H", "endpoints.health.enabled", false));
        EnvoyClient envoy = new EnvoyClient(port);
        HealthGrpc.newStub(envoy.channel()).watch(HealthCheckRequest.getDefaultInstance(), watcher);
        watcher.await(ServingStatus.SERVING);
        Thread drain = Thread.ofVirtual().start(() -> {
            try {
                node.bean(Draining.class).drain();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        try {
            watcher.await(ServingStatus.SERVING, ServingStatus.NOT_SERVING);
            assertThat(health(envoy, "")).isEqualTo(ServingStatus.NOT_SERVING);
            assertThat(envoy.check(Map.of(), null).status()).isEqualTo(401);
        } finally {
            drain.interrupt();
            drain.join();
        }
        node.close();
        assertThat(watcher.ended.get(30, SECONDS).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    }

    @Test
    void check_in_progress_is_answered_when_the_node_stops() throws Exception {
        Node node =
                Node.start(Stores.shared(), Map.of("keylapse.grpc.port", port, "keylapse.check.miss-timeout", "PT30S"));
        EnvoyClient envoy = new EnvoyClient(port);
        CompletableFuture<Decision> answered;
        Thread stop;
        try (Connection _ = lockKeys()) {
            answered = CompletableFuture.supplyAsync(() -> envoy.check(Map.of("x-api-key", UNISSUED), null));
            awaitWaiting();

            stop = Thread.ofVirtual().start(node::close);
            await().atMost(30, SECONDS).until(this::isClosed);
        }

        // 503 if Postgres has given up waiting for the lock meanwhile.
        assertThat(answered.get(30, SECONDS).status()).isIn(401, 503);
        assertThat(stop.join(Duration.ofSeconds(30))).isTrue();
    }

    /** The deadline is one that this client does not watch itself: a header. */
    @Test
    void check_ends_at_its_deadline() throws Exception {
        Node.start(Stores.shared(), Map.of("keylapse.grpc.port", port, "keylapse.check.miss-timeout", "PT30S"));
        var deadline = new Metadata();
        deadline.put(Metadata.Key.of("grpc-timeout", Metadata.ASCII_STRING_MARSHALLER), "300m");
        var stub = AuthorizationGrpc.newFutureStub(new EnvoyClient(port).channel())
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(deadline));
        try (Connection _ = lockKeys()) {
            var answered = stub.check(EnvoyClient.request(Map.of("x-api-key", UNISSUED), Map.of()));

            assertThatThrownBy(() -> answered.get(30, SECONDS)).hasCauseInstanceOf(StatusRuntimeException.class);
        }
    }

    private static Connection lockKeys() throws SQLException {
        return Stores.shared().lock("api_key");
    }

    /** Until the check has got as far as Postgres. Background tasks wait for the lock too. */
    private static void awaitWaiting() {
        await().atMost(30, SECONDS).until(() -> Stores.shared().waiting("SELECT%FROM api_key%AND digest = $2") > 0);
    }

    private boolean isClosed() {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return !socket.isConnected();
        } catch (IOException e) {
            return true;
        }
    }

    private static ServingStatus health(EnvoyClient envoy, String service) {
        return HealthGrpc.newBlockingStub(envoy.channel())
                .withDeadlineAfter(30, SECONDS)
                .check(HealthCheckRequest.newBuilder().setService(service).build())
                .getStatus();
    }

    /** What a watch has seen. */
    private static final class Watcher implements StreamObserver<HealthCheckResponse> {
        private final List<ServingStatus> seen = new CopyOnWriteArrayList<>();
        private final CompletableFuture<Status> ended = new CompletableFuture<>();

        void await(ServingStatus... expected) {
            Awaitility.await()
                    .atMost(30, SECONDS)
                    .untilAsserted(() -> assertThat(seen).containsExactly(expected));
        }

        @Override
        public void onNext(HealthCheckResponse response) {
            seen.add(response.getStatus());
        }

        @Override
        public void onError(Throwable failure) {
            ended.complete(Status.fromThrowable(failure));
        }

        @Override
        public void onCompleted() {
            ended.complete(Status.OK);
        }
    }
}
