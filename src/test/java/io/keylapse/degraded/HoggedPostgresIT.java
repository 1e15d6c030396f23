package io.keylapse.degraded;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.CloseAfterTests;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Slow management calls do not take Postgres away from others. */
class HoggedPostgresIT {
    private static final int MANY = 30;
    private static final String STATISTICS = "/v1/blacklist/stats?bucket=week";
    private static final String MANAGEMENT_KEYS = "/v1/management-keys";

    private static final WiredNode wired = new WiredNode();
    private static final ExecutorService threads =
            CloseAfterTests.register(Executors.newVirtualThreadPerTaskExecutor());

    @Test
    void statistics_that_take_long_leave_checks_and_light_calls_their_connections() throws Exception {
        List<Answer> keys =
                IntStream.range(0, 20).mapToObj(_ -> wired.issueAndForget()).toList();
        List<Future<Answer>> statistics;
        try (var _ = wired.stores.lock("blacklist")) {
            statistics = callOften(MANY, STATISTICS);
            awaitWaiting("%FROM blacklist%GROUP BY%", 4);

            keys.forEach(key -> assertThat(wired.check(key).status()).isEqualTo(200));
            assertThat(wired.checkUnissued().status()).isEqualTo(401);
            assertThat(wired.breaker("postgres")).isZero();
            assertThat(wired.node.admin().get("/v1/keys").status()).isEqualTo(200);
            assertThat(wired.readiness().body()).doesNotContain("Postgres does not answer");

            // Each ends within its limit, although its lock is not released.
            for (Future<Answer> each : statistics) {
                assertSaysWhatToDo(each.get(25, SECONDS));
            }
        }
        assertThat(wired.node.admin().get(STATISTICS).status()).isEqualTo(200);
    }

    @Test
    void management_calls_of_every_kind_leave_checks_and_recording_their_connections() throws Exception {
        List<Answer> keys =
                IntStream.range(0, 20).mapToObj(_ -> wired.issueAndForget()).toList();
        List<Future<Answer>> calls;
        Answer lapsing = wired.issue(Duration.ofSeconds(2));
        try (var _ = wired.stores.lock("management_key");
                var _ = wired.stores.lock("notice")) {
            calls = callOften(MANY, MANAGEMENT_KEYS, "/v1/notices");
            await().atMost(20, SECONDS).until(() -> managementPlaces("used") == managementPlaces("places"));

            keys.forEach(key -> assertThat(wired.check(key).status()).isEqualTo(200));
            assertThat(wired.breaker("postgres")).isZero();
            assertThat(wired.readiness().body()).doesNotContain("Postgres does not answer");
            await().atMost(20, SECONDS)
                    .until(() ->
                            wired.stores.ask("SELECT count(*) FROM blacklist WHERE owner = ?", lapsing.text("owner"))
                                    == 1);
        }
        for (Future<Answer> each : calls) {
            each.get(30, SECONDS);
        }
    }

    @Test
    void more_calls_than_the_lane_allows_do_not_block_batches_of_checks_and_introspection() throws Exception {
        String checker = wired.node
                .admin()
                .post("/v1/management-keys", "{\"name\":\"checker\",\"role\":\"check\"}")
                .text("key");
        List<Answer> keys =
                IntStream.range(0, 10).mapToObj(_ -> wired.issueAndForget()).toList();
        var over = new AtomicBoolean();
        try (var _ = wired.stores.lock("notice")) {
            for (int i = 0; i < 2 * MANY; i++) {
                var _ = threads.submit(() -> {
                    while (!over.get()) {
                        wired.node.admin().get("/v1/notices");
                    }
                });
            }
            awaitWaiting("%FROM notice%", 4);

            for (Answer key : keys.subList(0, 5)) {
                Answer batch = wired.node.as(checker).post("/v1/checks", "{\"keys\":[\"" + key.text("key") + "\"]}");
                assertThat(batch.status()).as(batch.body()).isEqualTo(200);
                assertThat(batch.json().at("/results/0/valid").asBoolean()).isTrue();
            }
            for (Answer key : keys.subList(5, 10)) {
                Answer introspection = wired.node
                        .as(checker)
                        .send(
                                "POST",
                                "/introspect",
                                "token=" + key.text("key"),
                                "Content-Type",
                                "application/x-www-form-urlencoded");
                assertThat(introspection.status()).as(introspection.body()).isEqualTo(200);
                assertThat(introspection.json().get("active").asBoolean()).isTrue();
            }
        } finally {
            over.set(true);
        }
    }

    private static List<Future<Answer>> callOften(int times, String... paths) {
        var answers = new ArrayList<Future<Answer>>();
        for (int i = 0; i < times; i++) {
            String path = paths[i % paths.length];
            answers.add(threads.submit(() -> wired.node.admin().get(path)));
        }
        return answers;
    }

    private static void assertSaysWhatToDo(Answer answer) {
        assertThat(answer.status()).as(answer.body()).isIn(400, 503);
        if (answer.status() == 400) {
            assertThat(answer.text("code")).isEqualTo("INVALID_REQUEST");
            assertThat(answer.json().at("/errors/0/field").asText()).isEqualTo("from");
            assertThat(answer.json().at("/errors/0/message").asText()).contains("shorter");
        } else {
            assertThat(answer.header("Retry-After")).matches("[1-9][0-9]*");
            assertThat(answer.text("code")).isIn("TOO_BUSY", "STORE_UNAVAILABLE");
        }
    }

    private static double managementPlaces(String which) {
        return wired.node
                .bean(MeterRegistry.class)
                .get("keylapse.postgres.lane." + which)
                .tag("lane", "management")
                .gauge()
                .value();
    }

    private static void awaitWaiting(String query, int times) {
        await().atMost(20, SECONDS).until(() -> wired.stores.waiting(query) >= times);
    }
}
