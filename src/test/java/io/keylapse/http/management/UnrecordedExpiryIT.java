package io.keylapse.http.management;

import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A key past its deadline is expired, although no node records expiries here. */
class UnrecordedExpiryIT extends OneNode {
    @BeforeAll
    static void startWithoutRecording() {
        // The shared node would record them.
        node.close();
        node = Node.start(
                Stores.shared(),
                Map.of(
                        "keylapse.expiry.listener", false,
                        "keylapse.expiry.prompter", false,
                        "keylapse.expiry.sweep", false));
        admin = node.admin();
    }

    @Test
    void it_is_shown_and_listed_as_expired() throws Exception {
        String owner = owner();
        Answer key = lapsed(owner);
        Answer live = admin.issue(wish(owner));

        Answer shown = admin.get(path(key));
        assertThat(shown.text("state")).isEqualTo("expired");
        assertThat(shown.text("endedAt")).isEqualTo(shown.text("expiresAt"));
        assertThat(list(owner, "state=expired")).containsExactly(key.text("id"));
        assertThat(list(owner, "state=active")).containsExactly(live.text("id"));
        assertThat(list(owner, "expiresBefore=9999-01-01T00:00:00Z")).containsExactly(live.text("id"));
        assertThat(list(owner, "limit=10")).containsExactly(live.text("id"), key.text("id"));
        assertThat(idsOf(admin.get("/v1/keys?state=expired&limit=500").json())).contains(key.text("id"));
        assertThat(idsOf(admin.get("/v1/keys?state=active&limit=500").json())).doesNotContain(key.text("id"));
        assertThat(endingsOf(key)).isEmpty();
    }

    @Test
    void past_its_grace_it_is_rotated() throws Exception {
        String owner = owner();
        Answer key = admin.issue(wish(owner));
        String successor =
                admin.post(path(key) + "/rotate", "{\"grace\":\"PT30M\"}").text("id");
        passDeadlinesOf(owner);

        assertThat(admin.get(path(key)).text("state")).isEqualTo("rotated");
        assertThat(list(owner, "state=rotated")).containsExactly(key.text("id"));
        assertThat(list(owner, "state=expired")).containsExactly(successor);
        Answer refused = admin.post(path(key) + "/renew", "{\"ttl\":\"PT1H\"}");
        assertProblem(refused, 409, "KEY_ENDED");
        assertThat(refused.text("successorId")).isEqualTo(successor);
        assertThat(admin.delete(path(key)).text("state")).isEqualTo("rotated");
        assertThat(endingsOf(key).findValuesAsText("reason")).containsExactly("rotated");
    }

    @Test
    void a_renewal_records_the_expiry_and_reinstates() throws Exception {
        Answer key = lapsed(owner());
        String deadline = admin.get(path(key)).text("expiresAt");

        Answer renewed = admin.post(path(key) + "/renew", "{\"ttl\":\"PT1H\"}");

        assertThat(renewed.text("state")).isEqualTo("active");
        assertThat(node.anonymous().check(key.text("key")).status()).isEqualTo(200);
        assertThat(endingsOf(key)).hasSize(1);
        assertThat(endingsOf(key).get(0).get("reason").asText()).isEqualTo("expired");
        assertThat(endingsOf(key).get(0).get("endedAt").asText()).isEqualTo(deadline);
        assertThat(endingsOf(key).get(0).has("reinstatedAt")).isTrue();
    }

    @Test
    void a_revocation_records_both_endings() throws Exception {
        Answer key = lapsed(owner());
        assertThat(admin.post(path(key) + "/revoke", "{\"reason\":\"x\"}").text("state"))
                .isEqualTo("revoked");
        assertThat(endingsOf(key).findValuesAsText("reason")).containsExactly("revoked", "expired");
        assertProblem(admin.post(path(key) + "/renew", "{\"ttl\":\"PT1H\"}"), 409, "KEY_ENDED");
        assertThat(list(key.text("owner"), "state=revoked")).containsExactly(key.text("id"));
    }

    @Test
    void an_owners_revocation_and_a_rotation_pass_it_by() throws Exception {
        String owner = owner();
        Answer key = lapsed(owner);
        assertThat(admin.post("/v1/owners/" + owner + "/revoke", "{}").body()).isEqualTo("{\"revoked\":0}");
        assertProblem(admin.post(path(key) + "/rotate", "{}"), 409, "KEY_ENDED");
        assertThat(admin.get(path(key)).text("state")).isEqualTo("expired");
    }

    private static Answer lapsed(String owner) throws Exception {
        Answer key = admin.issue(wish(owner));
        passDeadlinesOf(owner);
        return key;
    }

    private static List<String> list(String owner, String query) {
        return idsOf(admin.get("/v1/keys?owner=" + owner + "&" + query).json());
    }

    private static String path(Answer key) {
        return "/v1/keys/" + key.text("id");
    }
}
