package io.keylapse.lifecycle;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Node;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class KeyLifeIT {
    private static final Node node = Node.shared();

    @Test
    void a_key_is_accepted_until_its_deadline_and_then_is_in_the_blacklist() {
        String owner = Node.owner();
        var issued = node.admin().issue(owner, Duration.ofSeconds(2));
        String key = issued.text("key");

        assertThat(node.anonymous().check(key).status()).isEqualTo(200);

        await().atMost(5, SECONDS).until(() -> node.anonymous().check(key).status() == 401);
        assertThat(node.anonymous().check(key).text("code")).isEqualTo("KEY_EXPIRED");
        await().atMost(4, SECONDS).untilAsserted(() -> {
            var entries =
                    node.admin().get("/v1/blacklist?owner=" + owner).json().get("items");
            assertThat(entries).hasSize(1);
            assertThat(entries.get(0).get("keyId").asText()).isEqualTo(issued.text("id"));
            assertThat(entries.get(0).get("endedAt").asText()).isEqualTo(issued.text("expiresAt"));
            assertThat(entries.get(0).get("source").asText()).isEqualTo("notification");
        });
    }
}
