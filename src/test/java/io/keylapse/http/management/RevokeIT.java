package io.keylapse.http.management;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Client.Answer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RevokeIT extends OneNode {
    @Test
    void a_revoked_key_is_refused_and_in_the_blacklist() {
        Answer key = admin.issue(wish(owner()));

        Answer revoked = admin.post(path(key) + "/revoke", "{\"reason\":\"leaked on a forum\"}");

        assertThat(revoked.status()).isEqualTo(200);
        assertThat(revoked.text("state")).isEqualTo("revoked");
        assertThat(revoked.text("enforcement")).isEqualTo("applied");
        assertThat(revoked.json().get("version").asInt()).isEqualTo(2);
        assertThat(node.anonymous().check(key.text("key")).text("code")).isEqualTo("KEY_REVOKED");
        var entry = endingsOf(key).get(0);
        assertThat(entry.get("reason").asText()).isEqualTo("revoked");
        assertThat(entry.get("detail").asText()).isEqualTo("leaked on a forum");
        assertThat(entry.get("endedAt").asText()).isEqualTo(revoked.text("endedAt"));
        assertThat(entry.get("endedBy").asText()).startsWith("mgmt_");
        assertThat(entry.get("source").asText()).isEqualTo("request");
    }

    @Test
    void repeated_it_answers_the_same_and_writes_nothing_more() {
        Answer key = admin.issue(wish(owner()));
        Answer first = admin.post(path(key) + "/revoke", "{\"reason\":\"a\"}");

        assertThat(admin.post(path(key) + "/revoke", "{\"reason\":\"b\"}").json())
                .isEqualTo(first.json());
        assertThat(admin.delete(path(key)).json()).isEqualTo(first.json());
        assertThat(endingsOf(key)).hasSize(1);
    }

    @Test
    void it_needs_no_body() {
        Answer key = admin.issue(wish(owner()));
        Answer revoked = admin.send("POST", path(key) + "/revoke", null);
        assertThat(revoked.text("state")).isEqualTo("revoked");
        assertThat(endingsOf(key).get(0).has("detail")).isFalse();
        assertThat(admin.send("POST", "/v1/owners/" + owner() + "/revoke", null).text("revoked"))
                .isEqualTo("0");
    }

    @Test
    void an_expired_key_may_be_revoked_which_forbids_renewal() throws Exception {
        String owner = owner();
        Answer key = admin.issue(wish(owner));
        passDeadlinesOf(owner);
        await().atMost(10, SECONDS)
                .untilAsserted(() -> assertThat(endingsOf(key)).hasSize(1));

        assertThat(admin.delete(path(key)).text("state")).isEqualTo("revoked");

        assertThat(endingsOf(key).findValuesAsText("reason")).containsExactly("revoked", "expired");
        assertProblem(admin.post(path(key) + "/renew", "{\"ttl\":\"PT1H\"}"), 409, "KEY_ENDED");
        await().atMost(5, SECONDS)
                .until(() -> "KEY_REVOKED"
                        .equals(node.anonymous().check(key.text("key")).text("code")));
    }

    @Test
    void a_key_in_its_grace_may_be_revoked() {
        Answer key = admin.issue(wish(owner()));
        admin.post(path(key) + "/rotate", "{\"grace\":\"PT30M\"}");
        assertThat(admin.delete(path(key)).text("state")).isEqualTo("revoked");
        assertThat(node.anonymous().check(key.text("key")).text("code")).isEqualTo("KEY_REVOKED");
    }

    @Test
    void an_unknown_key_is_not_found() {
        assertProblem(admin.delete("/v1/keys/" + NO_SUCH_KEY), 404, "NOT_FOUND");
        assertProblem(admin.post("/v1/keys/" + NO_SUCH_KEY + "/revoke", "{}"), 404, "NOT_FOUND");
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "a/b", "50%", "%2F", "a b+c", "é😀", "?x=1#y", "..", "a;b=c", "{x}"})
    void all_active_keys_of_an_owner_are_revoked_whatever_its_name(String odd) throws Exception {
        String owner = odd + owner();
        Answer other = admin.issue(wish(owner + "x"));
        Answer ended = admin.issue(wish(owner));
        passDeadlinesOf(owner);
        Answer first = admin.issue(wish(owner));
        Answer second = admin.issue(wish(owner));

        Answer answer = admin.post("/v1/owners/" + encode(owner) + "/revoke", "{\"reason\":\"left\"}");

        assertThat(answer.body()).isEqualTo("{\"revoked\":2}");
        for (Answer key : new Answer[] {first, second}) {
            assertThat(admin.get(path(key)).text("state")).isEqualTo("revoked");
            assertThat(node.anonymous().check(key.text("key")).text("code")).isEqualTo("KEY_REVOKED");
            assertThat(endingsOf(key).get(0).get("detail").asText()).isEqualTo("left");
        }
        assertThat(admin.get(path(ended)).text("state")).isEqualTo("expired");
        assertThat(admin.get(path(other)).text("state")).isEqualTo("active");
        assertThat(admin.post("/v1/owners/" + encode(owner) + "/revoke", "{}").body())
                .isEqualTo("{\"revoked\":0}");
    }

    private static String path(Answer key) {
        return "/v1/keys/" + key.text("id");
    }
}
