package io.keylapse.app;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.keylapse.active.trust.VersionFloors;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HealthIT {
    private static final Stores stores = Stores.own();
    private static final Node node = Node.start(stores, Map.of());

    @AfterEach
    void make_well() {
        stores.resumePostgres();
        stores.resumeRedis();
        set("notify-keyspace-events", "Ex");
        set("maxmemory-policy", "noeviction");
        awaitReadiness("UP");
    }

    private static void set(String setting, String value) {
        stores.redis(commands -> commands.configSet(setting, value));
    }

    private static Answer readiness() {
        return node.anonymous().get("/health/readiness");
    }

    /** Waits until readiness has that status, and returns the details of that same response. */
    private static JsonNode awaitReadiness(String status) {
        return details(awaitAnswer(status));
    }

    private static Answer awaitAnswer(String status) {
        return await().atMost(30, SECONDS).until(HealthIT::readiness, answer -> status.equals(answer.text("status")));
    }

    private static JsonNode details(Answer readiness) {
        return readiness.json().at("/details/stores/details");
    }

    @Test
    void with_both_stores_it_is_up_and_shows_only_what_matters() {
        Answer readiness = awaitAnswer("UP");
        JsonNode stores = details(readiness);
        assertThat(stores.get("postgres").asText()).isEqualTo("UP");
        assertThat(stores.get("redis").asText()).isEqualTo("UP");
        assertThat(stores.get("missing")).isEmpty();
        assertThat(readiness.status()).isEqualTo(200);
        assertThat(readiness.json().get("details").fieldNames()).toIterable().containsExactly("stores");
    }

    @Test
    void without_redis_it_is_ready_and_degraded() {
        stores.interruptRedis();
        Answer readiness = awaitAnswer("DEGRADED");
        assertThat(readiness.status()).isEqualTo(200);
        JsonNode details = details(readiness);
        assertThat(details.get("redis").asText()).isEqualTo("DOWN");
        assertThat(details.get("missing")).hasSize(1);
        assertThat(details.get("missing").get(0).asText()).contains("Redis does not answer");
    }

    @Test
    void without_postgres_it_is_ready_and_degraded() {
        stores.interruptPostgres();
        Answer readiness = awaitAnswer("DEGRADED");
        assertThat(readiness.status()).isEqualTo(200);
        JsonNode details = details(readiness);
        assertThat(details.get("postgres").asText()).isEqualTo("DOWN");
        assertThat(details.get("missing").get(0).asText()).contains("Postgres does not answer");
    }

    @Test
    void without_both_it_is_alive_and_not_ready() {
        stores.interruptRedis();
        stores.interruptPostgres();
        assertThat(awaitAnswer("DOWN").status()).isEqualTo(503);
        Answer liveness = node.anonymous().get("/health/liveness");
        assertThat(liveness.status()).isEqualTo(200);
        assertThat(liveness.text("status")).isEqualTo("UP");
    }

    @Test
    void disabled_notifications_are_reported_and_left_as_they_are() {
        set("notify-keyspace-events", "");
        JsonNode details = awaitReadiness("DEGRADED");
        assertThat(details.get("missing").get(0).asText()).contains("notify-keyspace-events", "set it to Ex");
        assertThat(get("notify-keyspace-events")).isEmpty();
    }

    @Test
    void a_policy_that_may_evict_keys_is_reported_and_left_as_it_is() {
        set("maxmemory-policy", "allkeys-lru");
        JsonNode details = awaitReadiness("DEGRADED");
        assertThat(details.get("missing").get(0).asText()).contains("maxmemory-policy is allkeys-lru", "noeviction");
        assertThat(get("maxmemory-policy")).isEqualTo("allkeys-lru");
    }

    private static String get(String setting) {
        return String.valueOf(
                stores.redis(commands -> commands.configGet(setting)).get(setting));
    }

    @Test
    void an_outage_of_postgres_is_in_the_log_once_in_words_and_so_is_its_end() {
        try (var log = CapturedLog.open()) {
            stores.interruptPostgres();
            awaitReadiness("DEGRADED");
            VersionFloors recent = node.bean(VersionFloors.class);
            await().atMost(20, SECONDS).until(() -> recent.age().toSeconds() >= 3);
            stores.resumePostgres();
            awaitReadiness("UP");
            await().atMost(10, SECONDS).until(() -> recent.age().toMillis() < 500);

            List<String> ours = log.lines().stream()
                    .filter(line -> line.contains(" io.keylapse."))
                    .toList();
            assertThat(ours)
                    .filteredOn(line -> line.contains("Postgres does not answer ("))
                    .hasSize(1);
            assertThat(ours)
                    .filteredOn(line -> line.contains("Postgres answers again"))
                    .hasSize(1);
            assertThat(ours).noneMatch(line -> line.contains("Exception"));
        }
    }

    @Test
    void what_is_set_wrongly_is_in_the_log_at_the_start() {
        set("notify-keyspace-events", "");
        set("maxmemory-policy", "volatile-ttl");
        try (var log = CapturedLog.open();
                var _ = Node.start(stores, Map.of())) {
            await().atMost(10, SECONDS)
                    .untilAsserted(() -> assertThat(log.lines())
                            .anyMatch(line -> line.startsWith("WARN") && line.contains("notify-keyspace-events"))
                            .anyMatch(line -> line.startsWith("WARN") && line.contains("maxmemory-policy")));
        }
    }
}
