package io.keylapse.http.management;

import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.harness.Client.Answer;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChangeIT extends OneNode {
    @Test
    void what_is_not_said_stays() {
        Answer key = issue();

        Answer changed = admin.patch(path(key), "{\"name\":\"new\"}");

        assertThat(changed.status()).isEqualTo(200);
        assertThat(changed.text("name")).isEqualTo("new");
        assertThat(changed.json().get("version").asInt()).isEqualTo(2);
        assertThat(changed.text("enforcement")).isEqualTo("applied");
        for (String member :
                List.of("owner", "scopes", "metadata", "contact", "expiresAt", "issuedAt", "hint", "state")) {
            assertThat(changed.json().get(member)).isEqualTo(key.json().get(member));
        }
        assertThat(admin.get(path(key)).text("name")).isEqualTo("new");
    }

    @Test
    void contact_null_removes_it() {
        Answer key = issue();
        assertThat(admin.patch(path(key), "{\"contact\":null}").json().has("contact"))
                .isFalse();
        assertThat(admin.get(path(key)).json().has("contact")).isFalse();
        assertThat(admin.patch(path(key), "{\"contact\":{\"email\":\"b@example.org\"}}")
                        .json()
                        .get("contact"))
                .hasToString("{\"email\":\"b@example.org\"}");
    }

    @Test
    void metadata_and_scopes_are_replaced_as_a_whole() {
        Answer key = issue();
        Answer changed = admin.patch(path(key), "{\"metadata\":{\"y\":2.0},\"scopes\":[],\"name\":\"\"}");
        assertThat(changed.json().get("metadata")).hasToString("{\"y\":2.0}");
        assertThat(changed.json().get("scopes")).isEmpty();
        assertThat(changed.text("name")).isEmpty();
    }

    @Test
    void scopes_take_effect_at_once() {
        Answer key = issue();
        assertThat(demand(key, "write").status()).isEqualTo(403);

        admin.patch(path(key), "{\"scopes\":[\"write\"]}");

        assertThat(demand(key, "write").status()).isEqualTo(200);
        assertThat(demand(key, "write").header("X-Key-Scopes")).isEqualTo("write");
        assertThat(demand(key, "read").status()).isEqualTo(403);
    }

    @Test
    void a_key_that_has_ended_may_be_changed_and_stays_ended() throws Exception {
        Answer revoked = issue();
        admin.delete(path(revoked));
        assertThat(admin.patch(path(revoked), "{\"name\":\"post mortem\"}").text("state"))
                .isEqualTo("revoked");
        assertThat(node.anonymous().check(revoked.text("key")).text("code")).isEqualTo("KEY_REVOKED");

        Answer expired = issue();
        passDeadlinesOf(expired.text("owner"));
        Answer changed = admin.patch(path(expired), "{\"name\":\"post mortem\"}");
        assertThat(changed.text("state")).isEqualTo("expired");
        assertThat(changed.json().has("endedAt")).isTrue();
        assertThat(admin.post(path(expired) + "/renew", "{\"ttl\":\"PT1H\"}").text("name"))
                .isEqualTo("post mortem");
        assertThat(endingsOf(expired)).hasSize(1);
    }

    @Test
    void an_unknown_key_is_not_found() {
        assertProblem(admin.patch("/v1/keys/" + NO_SUCH_KEY, "{}"), 404, "NOT_FOUND");
    }

    private static Answer demand(Answer key, String scope) {
        return node.anonymous().get("/check?scope=" + scope, "X-API-Key", key.text("key"));
    }

    private static Answer issue() {
        return admin.issue("""
                {"owner":"%s","name":"n","ttl":"PT1H","scopes":["read"],"metadata":{"x":1.50},"contact":{"email":"a@example.org"}}
                """.formatted(owner()));
    }

    private static String path(Answer key) {
        return "/v1/keys/" + key.text("id");
    }
}
