package io.keylapse.http.management;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Client;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a key holder may ask about the key. */
class SelfIT extends OneNode {
    @Test
    void holder_of_a_valid_key_gets_its_details() {
        Answer key = admin.issue(owner(), Duration.ofHours(1));

        Answer self = self(node, key);

        assertThat(self.status()).as(self.body()).isEqualTo(200);
        assertThat(self.text("id")).isEqualTo(key.text("id"));
        assertThat(self.text("state")).isEqualTo("active");
        assertThat(self.text("expiresAt")).isEqualTo(key.text("expiresAt"));
        assertThat(self.text("advice")).isEqualTo("This key is valid. Ask its issuer to renew it.");
        assertThat(self.json().has("renewableUntil")).isFalse();
        assertThat(self.body()).doesNotContain(key.text("key"));
        assertThat(self.header("Cache-Control")).isEqualTo("no-store");
    }

    @Test
    void holder_of_a_key_that_has_ended_learns_how_it_ended_and_what_to_do() throws Exception {
        String owner = owner();
        Answer expired = admin.issue(owner, Duration.ofHours(1));
        passDeadlinesOf(owner);
        Answer revoked = admin.issue(owner(), Duration.ofHours(1));
        admin.post("/v1/keys/" + revoked.text("id") + "/revoke", "{}");

        assertThat(self(node, expired).text("state")).isEqualTo("expired");
        assertThat(self(node, expired).text("advice")).isEqualTo("This key has expired. Ask its issuer to renew it.");
        assertThat(self(node, revoked).text("state")).isEqualTo("revoked");
        assertThat(self(node, revoked).text("advice")).contains("cannot be renewed");
    }

    @Test
    void who_sends_no_key_of_ours_is_refused_as_a_check_refuses() {
        assertProblem(node.anonymous().get("/v1/self"), 401, "KEY_MISSING");
        assertProblem(node.anonymous().get("/v1/self", "X-API-Key", "nonsense"), 401, "KEY_MALFORMED");
        assertProblem(node.anonymous().post("/v1/self/renew", "{}"), 401, "KEY_MISSING");
    }

    @Test
    void a_management_key_is_still_needed_next_to_it() {
        assertProblem(node.anonymous().unchecked().get("/v1/selfish"), 401, "CREDENTIAL_MISSING");
        assertProblem(node.anonymous().get("/v1/keys"), 401, "CREDENTIAL_MISSING");
    }

    @Test
    void holder_whose_call_cannot_be_read_learns_what_is_wrong_with_it_and_counts_as_no_guess() {
        try (Node strict = Node.start(Stores.shared(), Map.of("keylapse.max-bad-credentials", "1"))) {
            Client holder = strict.anonymous().unchecked();
            String[] key = {
                "Authorization",
                "Bearer " + admin.issue(owner(), Duration.ofHours(1)).text("key")
            };
            String[] form = {"Content-Type", "application/x-www-form-urlencoded", key[0], key[1]};
            for (String call : List.of("renew", "rotate", "revoke", "link", "link/renew")) {
                assertProblem(holder.send("POST", "/v1/self/" + call, "{}", form), 415, "NOT_JSON");
                assertProblem(holder.get("/v1/self/" + call, key), 405, "METHOD_NOT_ALLOWED");
            }
            assertProblem(holder.post("/v1/self", "{}", key), 405, "METHOD_NOT_ALLOWED");
            assertProblem(holder.send("DELETE", "/v1/self", null, key), 405, "METHOD_NOT_ALLOWED");
            assertProblem(holder.get("/v1/self/nosuch", key), 404, "NOT_FOUND");

            assertProblem(holder.get("/v1/keys", "Authorization", "Bearer bad"), 401, "CREDENTIAL_INVALID");
        }
    }

    @Test
    void key_that_may_not_be_renewed_on_the_page_is_sent_to_its_issuer_and_not_to_the_page() {
        for (String policy : List.of("before-expiry", "within-grace")) {
            try (Node page = Node.start(
                    Stores.shared(),
                    Map.of(
                            "keylapse.self-renewal.policy", policy,
                            "keylapse.self-renewal.grace", "PT0S",
                            "keylapse.public-url", "https://keys.example.com",
                            "keylapse.support-contact", "help@example.com"))) {
                Answer live = admin.issue(owner(), Duration.ofHours(1));
                assertThat(self(page, live).text("renewUrl")).isEqualTo("https://keys.example.com/my-key");
                Answer key = admin.issue(owner(), Duration.ofSeconds(1));
                awaitEndOf(key);
                String advice = "Ask its issuer to renew it, or contact help@example.com";
                Answer refused = page.anonymous().check(key.text("key"));
                assertThat(refused.text("detail")).endsWith(". " + advice);
                assertThat(refused.header("WWW-Authenticate")).contains(advice);
                assertThat(self(page, key).text("advice")).isEqualTo("This key has expired. " + advice);
                Answer renewal = renew(page, key, "{}");
                assertProblem(renewal, 403, "SELF_RENEWAL_NOT_ALLOWED");
                assertThat(renewal.text("detail")).endsWith(advice);
                assertThat(List.of(refused, self(page, key), renewal)).allSatisfy(answer -> {
                    assertThat(answer.json().has("renewUrl")).isFalse();
                    assertThat(answer.header("X-Key-Renew-Url")).isNull();
                    assertThat(answer.body()).doesNotContain("my-key");
                });
            }
        }
    }

    @Test
    void key_that_was_replaced_or_revoked_is_not_sent_to_the_page() {
        try (Node page = Node.start(
                Stores.shared(),
                Map.of(
                        "keylapse.self-renewal.policy", "within-grace",
                        "keylapse.public-url", "https://keys.example.com"))) {
            Answer replaced = admin.issue(owner(), Duration.ofSeconds(2));
            admin.post("/v1/keys/" + replaced.text("id") + "/rotate", "{\"grace\":\"PT2H\"}");
            awaitEndOf(replaced);
            Answer revoked = admin.issue(owner(), Duration.ofHours(1));
            admin.post("/v1/keys/" + revoked.text("id") + "/revoke", "{}");
            Answer renewable = admin.issue(owner(), Duration.ofSeconds(1));
            awaitEndOf(renewable);

            assertThat(page.anonymous().check(renewable.text("key")).text("renewUrl"))
                    .isEqualTo("https://keys.example.com/my-key");
            Answer refused = page.anonymous().check(replaced.text("key"));
            assertThat(refused.text("code")).isEqualTo("KEY_EXPIRED");
            assertThat(refused.text("detail")).endsWith("It was replaced and cannot be renewed. Use its successor.");
            assertThat(self(page, replaced).text("advice")).endsWith("Use its successor.");
            assertThat(List.of(refused, self(page, replaced), self(page, revoked)))
                    .allSatisfy(answer -> assertThat(answer.body()).doesNotContain("my-key"));
        }
    }

    @Test
    void holder_may_not_renew_unless_that_is_set() {
        Answer key = admin.issue(owner(), Duration.ofHours(1));

        assertProblem(renew(node, key, "{}"), 403, "SELF_RENEWAL_NOT_ALLOWED");

        assertThat(self(node, key).text("expiresAt")).isEqualTo(key.text("expiresAt"));
    }

    @Test
    void before_expiry_lets_the_holder_renew_a_live_key_and_no_other() throws Exception {
        try (Node lenient = allowing("before-expiry")) {
            String owner = owner();
            Answer key = admin.issue(owner, Duration.ofHours(1));
            assertThat(self(lenient, key).text("renewableUntil")).isEqualTo(key.text("expiresAt"));

            Answer renewed = renew(lenient, key, "{\"ttl\":\"PT1H\"}");

            assertThat(renewed.status()).as(renewed.body()).isEqualTo(200);
            assertThat(Duration.between(Instant.now(), Instant.parse(renewed.text("expiresAt"))))
                    .isBetween(Duration.ofMinutes(58), Duration.ofMinutes(61));
            passDeadlinesOf(owner);
            assertProblem(renew(lenient, key, "{}"), 403, "SELF_RENEWAL_NOT_ALLOWED");
        }
    }

    @Test
    void within_grace_lets_the_holder_renew_a_key_that_has_just_expired() throws Exception {
        try (Node lenient = allowing("within-grace")) {
            String owner = owner();
            Answer key = admin.issue(owner, Duration.ofHours(1));
            passDeadlinesOf(owner);

            Answer renewed = renew(lenient, key, null);

            assertThat(renewed.status()).as(renewed.body()).isEqualTo(200);
            assertThat(renewed.text("state")).isEqualTo("active");
            assertThat(lenient.anonymous().check(key.text("key")).status()).isEqualTo(200);
            sql(
                    "UPDATE api_key SET issued_at = issued_at - interval '60 days',"
                            + " expires_at = now() - interval '8 days' WHERE owner = ?",
                    owner);
            assertProblem(renew(lenient, key, null), 403, "SELF_RENEWAL_NOT_ALLOWED");
        }
    }

    @Test
    void holder_renews_within_the_lifetime_issued_and_never_what_was_ended_by_somebody() {
        try (Node lenient = allowing("within-grace")) {
            Answer key = admin.issue(owner(), Duration.ofHours(1));
            for (String ttl : new String[] {"P367D", "P366D", "PT1H0.001S", "PT1S", "PT50M", "soon"}) {
                assertInvalid(renew(lenient, key, "{\"ttl\":\"" + ttl + "\"}"), "ttl");
            }
            assertThat(self(lenient, key).text("expiresAt")).isEqualTo(key.text("expiresAt"));
            admin.post("/v1/keys/" + key.text("id") + "/revoke", "{}");

            assertProblem(renew(lenient, key, "{}"), 403, "SELF_RENEWAL_NOT_ALLOWED");
        }
    }

    @Test
    void good_answer_says_that_the_deadline_is_near_if_that_is_set() {
        try (Node warning = Node.start(Stores.shared(), Map.of("keylapse.gateway.warn-within", "P1D"))) {
            Answer near = admin.issue(owner(), Duration.ofHours(1));
            Answer far = admin.issue(owner(), Duration.ofDays(2));

            String left = warning.anonymous().check(near.text("key")).header("X-Key-Expires-In");

            assertThat(Integer.parseInt(left)).isBetween(3_500, 3_600);
            assertThat(warning.anonymous().check(far.text("key")).header("X-Key-Expires-In"))
                    .isNull();
            assertThat(node.anonymous().check(near.text("key")).header("X-Key-Expires-In"))
                    .isNull();
        }
    }

    private static void awaitEndOf(Answer key) {
        Instant end = Instant.parse(key.text("expiresAt")).plusMillis(100);
        await().until(() -> Instant.now().isAfter(end));
    }

    private static Node allowing(String policy) {
        return Node.start(Stores.shared(), Map.of("keylapse.self-renewal.policy", policy));
    }

    private static Answer self(Node of, Answer key) {
        return of.anonymous().get("/v1/self", "X-API-Key", key.text("key"));
    }

    private static Answer renew(Node of, Answer key, @Nullable String body) {
        return body == null
                ? of.anonymous().send("POST", "/v1/self/renew", null, "X-API-Key", key.text("key"))
                : of.anonymous().post("/v1/self/renew", body, "X-API-Key", key.text("key"));
    }
}
