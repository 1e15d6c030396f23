package io.keylapse.app;

import static io.keylapse.harness.Node.freePort;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Client;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MetricsIT {
    private static String page(Client client) {
        return client.get("/prometheus").body();
    }

    @Test
    void the_page_has_checks_expiries_lag_and_the_queue_and_what_they_stand_on() {
        try (Node node = Node.start()) {
            node.awaitRedisFollowed();
            String good = node.admin().issue("metrics", Duration.ofHours(1)).text("key");
            String key = node.admin().issue("metrics", Duration.ofSeconds(1)).text("key");
            node.anonymous().check(good);
            node.anonymous().get("/check");
            await().atMost(10, SECONDS).until(() -> node.anonymous().check(key).status() == 401);
            // The sweep may record the first expiries, as long as a node that another test killed still counts as the
            // leader.
            await().atMost(20, SECONDS).untilAsserted(() -> {
                node.admin().issue("metrics", Duration.ofSeconds(1));
                assertThat(page(node.anonymous()))
                        .containsPattern("keylapse_expiries_recorded_total\\{source=\"notification\"} [1-9]");
            });
            await().atMost(20, SECONDS).until(() -> page(node.anonymous()).contains("keylapse_expiry_queue_depth 0.0"));
            assertThat(page(node.anonymous()))
                    .containsPattern("keylapse_checks_total\\{outcome=\"VALID\"} [1-9]")
                    .containsPattern("keylapse_checks_total\\{outcome=\"KEY_EXPIRED\"} [1-9]")
                    .containsPattern("keylapse_checks_total\\{outcome=\"KEY_MISSING\"} 1\\.0")
                    .contains("keylapse_expiries_recorded_total{source=\"sweep\"}")
                    .containsPattern("keylapse_expiry_lag_seconds_count [1-9]")
                    .contains("keylapse_expiry_lag_seconds_bucket{le=\"0.01\"}")
                    .contains("keylapse_expiry_queue_dropped_total 0.0")
                    .contains(
                            "keylapse_store_breaker{store=\"redis\"} 0.0",
                            "keylapse_store_breaker{store=\"postgres\"} 0.0")
                    .contains("keylapse_enforcement_pending_total 0.0")
                    .contains("jvm_memory_used_bytes", "hikaricp_connections_active");
        }
    }

    @Test
    void the_page_can_be_switched_off() {
        try (Node node = Node.start(Stores.shared(), Map.of("endpoints.prometheus.enabled", false))) {
            assertThat(node.anonymous().get("/prometheus").status()).isEqualTo(404);
            assertThat(node.anonymous().get("/health/readiness").status()).isEqualTo(200);
        }
    }

    @Test
    void the_page_can_be_moved_to_another_port() throws IOException {
        int other = freePort();
        try (Node node = Node.start(Stores.shared(), Map.of("endpoints.all.port", other))) {
            assertThat(node.anonymous().get("/prometheus").status()).isEqualTo(404);
            assertThat(page(Client.of(other, null))).contains("jvm_memory_used_bytes");
        }
    }
}
