package io.keylapse.http.management;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Client.Answer;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RenewIT extends OneNode {
    @Test
    void a_renewal_may_lengthen_and_shorten() {
        Answer key = admin.issue(wish(owner()));

        Answer longer = renew(key, "{\"ttl\":\"PT9H\"}");
        assertThat(longer.status()).isEqualTo(200);
        assertThat(longer.json().get("version").asInt()).isEqualTo(2);
        assertThat(longer.text("enforcement")).isEqualTo("applied");
        assertThat(longer.json().has("key")).isFalse();
        assertThat(Instant.parse(longer.text("expiresAt")))
                .isAfter(Instant.parse(key.text("expiresAt")).plus(Duration.ofHours(7)));

        Answer shorter = renew(key, "{\"expiresAt\":\"%s\"}".formatted(key.text("expiresAt")));
        assertThat(shorter.text("expiresAt")).isEqualTo(key.text("expiresAt"));
        assertThat(shorter.text("issuedAt")).isEqualTo(key.text("issuedAt"));
        assertThat(node.anonymous().check(key.text("key")).header("X-Key-Expires-At"))
                .isEqualTo(key.text("expiresAt"));
    }

    @Test
    void an_expired_key_becomes_active_again_and_its_entry_says_so() throws Exception {
        String owner = owner();
        Answer key = admin.issue(wish(owner));
        passDeadlinesOf(owner);
        await().atMost(10, SECONDS)
                .untilAsserted(() -> assertThat(endingsOf(key)).hasSize(1));

        Answer renewed = renew(key, "{\"ttl\":\"PT1H\"}");

        assertThat(renewed.text("state")).isEqualTo("active");
        assertThat(renewed.json().has("endedAt")).isFalse();
        assertThat(node.anonymous().check(key.text("key")).status()).isEqualTo(200);
        assertThat(endingsOf(key)).hasSize(1);
        assertThat(endingsOf(key).get(0).has("reinstatedAt")).isTrue();
    }

    @Test
    void a_revoked_key_cannot_be_renewed() {
        Answer key = admin.issue(wish(owner()));
        admin.delete("/v1/keys/" + key.text("id"));

        Answer refused = renew(key, "{\"ttl\":\"PT1H\"}");

        assertProblem(refused, 409, "KEY_ENDED");
        assertThat(refused.json().has("successorId")).isFalse();
        assertThat(node.anonymous().check(key.text("key")).text("code")).isEqualTo("KEY_REVOKED");
    }

    @Test
    void a_replaced_key_cannot_be_renewed_in_its_grace_or_after() {
        for (String grace : new String[] {"PT1H", "PT0S", "P30D"}) {
            Answer key = admin.issue(wish(owner()));
            Answer successor = admin.post("/v1/keys/" + key.text("id") + "/rotate", "{\"grace\":\"" + grace + "\"}");

            Answer refused = renew(key, "{\"ttl\":\"PT1H\"}");

            assertProblem(refused, 409, "KEY_ENDED");
            assertThat(refused.text("successorId")).isEqualTo(successor.text("id"));
        }
    }

    @Test
    void an_unknown_key_is_not_found() {
        assertProblem(admin.post("/v1/keys/" + NO_SUCH_KEY + "/renew", "{\"ttl\":\"PT1H\"}"), 404, "NOT_FOUND");
    }

    private static Answer renew(Answer key, String body) {
        return admin.post("/v1/keys/" + key.text("id") + "/renew", body);
    }
}
