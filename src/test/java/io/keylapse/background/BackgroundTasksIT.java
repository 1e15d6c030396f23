package io.keylapse.background;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Every background task of a node survives an {@link Error}, and readiness names a failing one. */
class BackgroundTasksIT {
    private Node node;
    private LoopRegistry loops;

    @BeforeEach
    void start() {
        node = Node.start(Stores.shared(), Map.of());
        loops = node.bean(LoopRegistry.class);
        await().atMost(10, SECONDS).until(() -> loops.running().size() >= 12);
    }

    /** The tasks that run every few minutes or once an hour. */
    private static final Set<String> SELDOM =
            Set.of("audit-retention", "idempotency-purge", "management-key-uses", "notice-retention");

    @Test
    void every_task_goes_on_after_an_error() {
        Set<BackgroundLoop> all = loops.running();
        Map<BackgroundLoop, BackgroundLoop.Task> tasks =
                all.stream().collect(Collectors.toMap(Function.identity(), loop -> loop.task));
        Map<BackgroundLoop, Long> failuresBefore =
                all.stream().collect(Collectors.toMap(Function.identity(), BackgroundLoop::failures));

        all.forEach(loop -> loop.task = () -> {
            throw new AssertionError("thrown by a test");
        });
        Set<BackgroundLoop> prompt =
                all.stream().filter(loop -> !SELDOM.contains(loop.name())).collect(Collectors.toSet());
        await().atMost(30, SECONDS)
                .until(() -> prompt.stream().allMatch(loop -> loop.failures() > failuresBefore.getOrDefault(loop, 0L)));
        tasks.forEach((loop, task) -> loop.task = task);
        long restored = System.nanoTime();

        await().atMost(30, SECONDS)
                .until(() ->
                        prompt.stream().allMatch(loop -> loop.sinceSuccess().toNanos() < System.nanoTime() - restored));
        assertThat(prompt)
                .extracting(BackgroundLoop::name)
                .contains(
                        "change-feed",
                        "redis-follower",
                        "node-heartbeat",
                        "expiry-lookout",
                        "expiry-prompter",
                        "expiry-recorder",
                        "expiry-sweep",
                        "notices",
                        "redis-connect",
                        "redis-health",
                        "redis-subscriptions");
        assertThat(loops.running()).isEqualTo(all);
        // What all of them together do still works.
        Answer key = node.admin().issue("background-tasks", Duration.ofSeconds(2));
        await().atMost(15, SECONDS)
                .until(() -> node.admin()
                        .get("/v1/blacklist?owner=background-tasks")
                        .body()
                        .contains(key.text("id")));
    }

    @Test
    void readiness_and_metrics_name_a_task_that_does_not_succeed() throws Exception {
        BackgroundLoop loop = loops.start("hopeless", Duration.ofMillis(10), Duration.ofMillis(100), () -> {
            throw new AssertionError("thrown by a test");
        });

        await().atMost(10, SECONDS).untilAsserted(() -> assertThat(readiness()).contains("hopeless", "DEGRADED"));
        assertThat(node.admin().get("/prometheus").body())
                .contains("keylapse_background_failures_total{task=\"hopeless\"}")
                .contains("keylapse_background_success_age_seconds{task=\"hopeless\"}")
                .contains("keylapse_background_success_age_seconds{task=\"change-feed\"}");
        loop.stop();

        await().atMost(10, SECONDS).untilAsserted(() -> assertThat(readiness()).doesNotContain("hopeless"));
    }

    private String readiness() {
        return node.anonymous().get("/health/readiness").body();
    }
}
