package io.keylapse.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DrainingIT {
    @Test
    void node_that_is_about_to_end_ends_each_connection_with_its_next_answer() throws Exception {
        try (Node node = Node.start(Stores.shared(), Map.of("keylapse.drain-time", "PT1H"))) {
            String key = node.admin().issue("acme", Duration.ofHours(1)).text("key");
            assertThat(node.anonymous().check(key).header("Connection")).isNull();
            assertThat(node.admin().get("/v1/keys").header("Connection")).isNull();

            Thread drain = Thread.ofVirtual().start(() -> {
                try {
                    node.bean(Draining.class).drain();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            try {
                await().until(() -> node.bean(Draining.class).hasBegun());
                assertThat(node.anonymous().check(key).status()).isEqualTo(200);
                assertThat(node.anonymous().check(key).header("Connection")).isEqualTo("close");
                assertThat(node.anonymous().check("junk").header("Connection")).isEqualTo("close");
                assertThat(node.admin().get("/v1/keys").header("Connection")).isEqualTo("close");
                assertThat(node.anonymous().get("/health/readiness").header("Connection"))
                        .isEqualTo("close");
            } finally {
                drain.interrupt();
                drain.join();
            }
        }
    }
}
