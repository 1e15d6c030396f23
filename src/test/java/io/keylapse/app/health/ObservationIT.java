package io.keylapse.app.health;

import static io.keylapse.harness.Node.freePort;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Client;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.http.Draining;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.http.server.HttpServerConfiguration;
import io.micronaut.web.router.Router;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ObservationIT {
    private static final int port = freePort();
    private static final Node apart =
            Node.start(Stores.shared(), Map.of("keylapse.observation-port", port, "keylapse.drain-time", "PT0S"));
    private static final Client observer = Client.of(port, null);
    private static final Node together =
            Node.start(Stores.shared(), Map.of(ThreadWitness.SETTING, true, "keylapse.drain-time", "PT0S"));

    @ParameterizedTest
    @ValueSource(strings = {"/health/liveness", "/health/readiness", "/health/readiness/", "//health/readiness"})
    void the_main_port_shows_the_status_and_no_details(String path) {
        Answer answer = apart.anonymous().get(path);
        assertThat(answer.status()).isIn(200, 404);
        if (answer.status() == 200) {
            assertThat(answer.json().fieldNames()).toIterable().containsExactly("status");
        }
        assertThat(apart.anonymous().get("/health/liveness").text("status")).isEqualTo("UP");
        assertThat(apart.anonymous().send("HEAD", "/health/readiness", null).status())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/prometheus",
                "/prometheus/",
                "/health",
                "/health/",
                "/health/startup",
                "//prometheus",
                "//health"
            })
    void the_main_port_has_neither_metrics_nor_health_in_whole(String path) {
        assertThat(apart.anonymous().get(path).status()).isEqualTo(404);
        assertThat(apart.admin().get(path).status()).isEqualTo(404);
    }

    @Test
    void the_observation_port_has_metrics_and_details_and_no_management() {
        assertThat(observer.get("/prometheus").body()).contains("jvm_memory_used_bytes", "keylapse_");
        assertThat(observer.get("/health")
                        .json()
                        .at("/details/stores/details/postgres")
                        .asText())
                .isEqualTo("UP");
        assertThat(observer.get("/health/readiness")
                        .json()
                        .at("/details/stores")
                        .isMissingNode())
                .isFalse();
        assertThat(observer.get("/v1/keys").status()).isIn(401, 404);
        assertThat(observer.get("/console").status()).isEqualTo(404);
    }

    @Test
    void both_names_of_the_port_are_refused_naming_both() throws IOException {
        var settings =
                Map.<String, Object>of("keylapse.observation-port", freePort(), "endpoints.all.port", freePort());
        assertThatThrownBy(() -> Node.start(Stores.shared(), settings))
                .hasStackTraceContaining("KEYLAPSE_OBSERVATION_PORT")
                .hasStackTraceContaining("ENDPOINTS_ALL_PORT are both set");
    }

    @Test
    void the_main_port_itself_is_refused() throws IOException {
        int port = freePort();
        var settings = Map.<String, Object>of("keylapse.observation-port", port, "micronaut.server.port", port);
        assertThatThrownBy(() -> Node.start(Stores.shared(), settings))
                .hasStackTraceContaining("keylapse.observation-port", "must differ from MICRONAUT_SERVER_PORT");
    }

    @Test
    void no_route_runs_on_an_event_loop() {
        for (Node node : List.of(apart, together)) {
            var selection = node.bean(HttpServerConfiguration.class).getThreadSelection();
            assertThat(node.bean(Router.class).uriRoutes())
                    .isNotEmpty()
                    .allSatisfy(route -> assertThat(route.getExecutor(selection))
                            .as(route.toString())
                            .isNotNull());
        }
    }

    @Test
    void gauges_are_read_on_no_event_loop() {
        Queue<Thread> readers = new ConcurrentLinkedQueue<>();
        together.bean(MeterRegistry.class).gauge("test.reader", readers, queue -> {
            queue.add(Thread.currentThread());
            return queue.size();
        });
        assertThat(together.anonymous().get("/prometheus").body()).contains("test_reader");
        assertThat(readers).isNotEmpty().allMatch(Thread::isVirtual);
    }

    @Test
    void health_is_looked_at_on_no_event_loop() {
        Queue<Thread> threads = together.bean(ThreadWitness.class).threads;
        threads.clear();
        assertThat(together.anonymous().get("/health").status()).isEqualTo(200);
        assertThat(threads).hasSizeGreaterThanOrEqualTo(2).allMatch(Thread::isVirtual);
    }

    @Test
    void stack_traces_of_a_deadlock_are_shown_on_the_observation_port_only() throws InterruptedException {
        Lock left = new ReentrantLock();
        Lock right = new ReentrantLock();
        var bothHold = new CountDownLatch(2);
        Thread one = embrace("embracing", left, right, bothHold);
        Thread other = embrace("embraced", right, left, bothHold);
        try {
            await().atMost(10, SECONDS)
                    .until(() -> apart.anonymous().get("/health/liveness").status() == 503);
            assertThat(together.anonymous().get("/health/liveness").status()).isEqualTo(503);
            for (String path : List.of("/health", "/health/liveness")) {
                assertThat(together.anonymous().get(path).body())
                        .contains("\"deadlockedThreads\"", "DOWN")
                        .doesNotContain("embracing", "stackTrace");
            }
            assertThat(apart.anonymous().get("/health/liveness/").status()).isIn(404, 503);
            assertThat(apart.anonymous().get("/health/liveness").body()).doesNotContain("embracing");
            assertThat(observer.get("/health/liveness").body()).contains("embracing", "stackTrace");
        } finally {
            one.interrupt();
            other.interrupt();
            one.join(Duration.ofSeconds(10));
            other.join(Duration.ofSeconds(10));
        }
    }

    private static Thread embrace(String name, Lock first, Lock second, CountDownLatch bothHold) {
        return Thread.ofPlatform().name(name).daemon().start(() -> {
            first.lock();
            try {
                bothHold.countDown();
                bothHold.await();
                second.lockInterruptibly();
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            } finally {
                first.unlock();
            }
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"/health/readiness", "/health/readiness/"})
    void a_node_that_stops_is_not_ready_however_it_is_asked(String path) throws Exception {
        int port = freePort();
        try (Node stopping =
                Node.start(Stores.shared(), Map.of("keylapse.observation-port", port, "keylapse.drain-time", "PT0S"))) {
            stopping.bean(Draining.class).drain();
            assertThat(stopping.anonymous().get(path).status()).isEqualTo(503);
            assertThat(Client.of(port, null).get(path).status()).isEqualTo(503);
        }
    }
}
