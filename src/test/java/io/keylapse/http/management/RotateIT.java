package io.keylapse.http.management;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Client.Answer;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RotateIT extends OneNode {
    @Test
    void a_successor_has_what_the_old_key_had_and_as_long_a_life() {
        Answer old = admin.issue("""
                {"owner":"%s","name":"n","ttl":"P3D","scopes":["a"],"metadata":{"x":1.50},"contact":{"email":"a@example.org"}}
                """.formatted(owner()));

        Answer successor = rotate(old, "{}");

        assertThat(successor.status()).isEqualTo(201);
        assertThat(successor.header("Location")).isEqualTo("/v1/keys/" + successor.text("id"));
        for (String member : new String[] {"owner", "name", "scopes", "metadata", "contact"}) {
            assertThat(successor.json().get(member)).isEqualTo(old.json().get(member));
        }
        assertThat(successor.text("predecessorId")).isEqualTo(old.text("id"));
        assertThat(successor.json().get("version").asInt()).isEqualTo(1);
        assertThat(between(successor, "issuedAt", successor, "expiresAt")).isEqualTo(Duration.ofDays(3));
        assertThat(node.anonymous().check(successor.text("key")).status()).isEqualTo(200);
        assertThat(node.anonymous().check(old.text("key")).status()).isEqualTo(200);

        Answer replaced = admin.get("/v1/keys/" + old.text("id"));
        assertThat(replaced.text("state")).isEqualTo("active");
        assertThat(replaced.text("successorId")).isEqualTo(successor.text("id"));
        assertThat(replaced.json().get("version").asInt()).isEqualTo(2);
        assertThat(between(successor, "issuedAt", replaced, "expiresAt")).isEqualTo(Duration.ofMinutes(5));
    }

    @Test
    void a_renewal_does_not_change_how_long_a_successor_lives() {
        Answer old = admin.issue("{\"owner\":\"%s\",\"ttl\":\"PT2H\"}".formatted(owner()));
        admin.post("/v1/keys/" + old.text("id") + "/renew", "{\"ttl\":\"P30D\"}");
        Answer successor = rotate(old, "{}");
        assertThat(between(successor, "issuedAt", successor, "expiresAt")).isEqualTo(Duration.ofHours(2));
        Answer other = rotate(successor, "{\"ttl\":\"PT3H\"}");
        assertThat(between(other, "issuedAt", other, "expiresAt")).isEqualTo(Duration.ofHours(3));
    }

    @Test
    void the_end_of_the_grace_ends_the_old_key_as_rotated() {
        Answer old = admin.issue(wish(owner()));
        Answer successor = rotate(old, "{\"grace\":\"PT1S\"}");
        String graceEnd = admin.get("/v1/keys/" + old.text("id")).text("expiresAt");

        await().atMost(10, SECONDS)
                .untilAsserted(() -> assertThat(endingsOf(old)).hasSize(1));

        Answer ended = admin.get("/v1/keys/" + old.text("id"));
        assertThat(ended.text("state")).isEqualTo("rotated");
        assertThat(ended.text("endedAt")).isEqualTo(graceEnd);
        assertThat(endingsOf(old).get(0).get("reason").asText()).isEqualTo("rotated");
        Answer refused = node.anonymous().check(old.text("key"));
        assertThat(refused.text("code")).isEqualTo("KEY_ROTATED");
        assertThat(refused.text("successorId")).isEqualTo(successor.text("id"));
    }

    @Test
    void a_deadline_before_the_end_of_the_grace_ends_the_old_key_as_expired() {
        Answer old = admin.issue("{\"owner\":\"%s\",\"ttl\":\"PT1S\"}".formatted(owner()));
        rotate(old, "{\"grace\":\"PT1H\",\"ttl\":\"PT1H\"}");
        assertThat(admin.get("/v1/keys/" + old.text("id")).text("expiresAt")).isEqualTo(old.text("expiresAt"));

        await().atMost(10, SECONDS)
                .untilAsserted(() -> assertThat(endingsOf(old)).hasSize(1));

        assertThat(endingsOf(old).get(0).get("reason").asText()).isEqualTo("expired");
        assertThat(admin.get("/v1/keys/" + old.text("id")).text("state")).isEqualTo("expired");
        assertThat(node.anonymous().check(old.text("key")).text("code")).isEqualTo("KEY_EXPIRED");
    }

    @Test
    void without_a_grace_the_old_key_ends_at_once() {
        Answer old = admin.issue(wish(owner()));
        Answer successor = rotate(old, "{\"grace\":\"PT0S\"}");

        assertThat(node.anonymous().check(old.text("key")).text("code")).isEqualTo("KEY_ROTATED");
        assertThat(admin.get("/v1/keys/" + old.text("id")).text("endedAt")).isEqualTo(successor.text("issuedAt"));
        assertThat(endingsOf(old)).hasSize(1);
        assertThat(endingsOf(old).get(0).get("reason").asText()).isEqualTo("rotated");
        assertThat(endingsOf(old).get(0).get("endedBy").asText()).startsWith("mgmt_");
    }

    @Test
    void what_has_ended_or_is_replaced_cannot_be_rotated() throws Exception {
        Answer replaced = admin.issue(wish(owner()));
        String successor = rotate(replaced, "{}").text("id");
        assertProblem(rotate(replaced, "{}"), 409, "KEY_ENDED");
        assertThat(rotate(replaced, "{}").text("successorId")).isEqualTo(successor);

        Answer revoked = admin.issue(wish(owner()));
        admin.delete("/v1/keys/" + revoked.text("id"));
        assertProblem(rotate(revoked, "{}"), 409, "KEY_ENDED");

        String owner = owner();
        Answer expired = admin.issue(wish(owner));
        passDeadlinesOf(owner);
        assertProblem(rotate(expired, "{}"), 409, "KEY_ENDED");
        assertThat(keysOf(owner)).hasSize(1);

        assertProblem(admin.post("/v1/keys/" + NO_SUCH_KEY + "/rotate", "{}"), 404, "NOT_FOUND");
    }

    @Test
    void a_rotation_needs_no_body() {
        Answer old = admin.issue(wish(owner()));
        assertThat(admin.send("POST", "/v1/keys/" + old.text("id") + "/rotate", null)
                        .status())
                .isEqualTo(201);
    }

    private static Answer rotate(Answer key, String body) {
        return admin.post("/v1/keys/" + key.text("id") + "/rotate", body);
    }

    private static Duration between(Answer from, String start, Answer to, String end) {
        return Duration.between(Instant.parse(from.text(start)), Instant.parse(to.text(end)));
    }
}
