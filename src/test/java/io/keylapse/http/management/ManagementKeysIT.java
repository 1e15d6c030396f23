package io.keylapse.http.management;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import java.security.MessageDigest;
import org.junit.jupiter.api.Test;

class ManagementKeysIT extends OneNode {
    @Test
    void its_text_is_shown_once() {
        Answer created = create("{\"name\":\"ci\",\"role\":\"issuer\",\"ttl\":\"P30D\"}");

        assertThat(created.status()).isEqualTo(201);
        assertThat(created.text("id")).matches("mgmt_[0-9A-Za-z]{22}");
        assertThat(created.text("key")).matches("klmgmt_[0-9A-Za-z]{36}");
        assertThat(created.text("name")).isEqualTo("ci");
        assertThat(created.text("role")).isEqualTo("issuer");
        Answer list = admin.get("/v1/management-keys");
        assertThat(idsOf(list.json())).contains(created.text("id"));
        assertThat(list.body()).doesNotContain(created.text("key"));
        assertThat(list.json().findValues("key")).isEmpty();
    }

    @Test
    void it_is_hashed_at_rest() throws Exception {
        String key = create("{\"name\":\"hashed\",\"role\":\"check\"}").text("key");
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(key.getBytes(US_ASCII));
        assertThat(Stores.shared().ask("SELECT count(*) FROM management_key WHERE digest = ?", (Object) digest))
                .isOne();
        assertThat(Stores.shared()
                        .ask(
                                "SELECT count(*) FROM management_key m WHERE m::text LIKE ?",
                                "%" + key.substring(12, 30) + "%"))
                .isZero();
    }

    @Test
    void deleted_it_is_refused_at_once_by_every_node() {
        Answer created = create("{\"name\":\"short\",\"role\":\"auditor\"}");
        try (Node other = Node.start()) {
            assertThat(node.as(created.text("key")).get("/v1/keys").status()).isEqualTo(200);
            assertThat(other.as(created.text("key")).get("/v1/keys").status()).isEqualTo(200);

            assertThat(admin.delete("/v1/management-keys/" + created.text("id")).status())
                    .isEqualTo(204);

            assertProblem(other.as(created.text("key")).get("/v1/keys"), 401, "CREDENTIAL_INVALID");
            assertProblem(node.as(created.text("key")).get("/v1/keys"), 401, "CREDENTIAL_INVALID");
        }
        assertProblem(admin.delete("/v1/management-keys/" + created.text("id")), 404, "NOT_FOUND");
        assertThat(idsOf(admin.get("/v1/management-keys").json())).doesNotContain(created.text("id"));
    }

    @Test
    void after_its_ttl_it_is_refused() {
        Answer created = create("{\"name\":\"brief\",\"role\":\"auditor\",\"ttl\":\"PT1S\"}");
        assertThat(created.json().has("expiresAt")).isTrue();
        await().atMost(10, SECONDS)
                .until(() -> node.as(created.text("key")).get("/v1/keys").status() == 401);
    }

    @Test
    void what_it_ends_bears_its_id_and_also_after_its_deletion_its_name() {
        Answer created = create("{\"name\":\"revoker\",\"role\":\"issuer\"}");
        Answer key = admin.issue(wish(owner()));
        node.as(created.text("key")).delete("/v1/keys/" + key.text("id"));
        assertThat(endingsOf(key).get(0).get("endedBy").asText()).isEqualTo(created.text("id"));
        admin.delete("/v1/management-keys/" + created.text("id"));
        assertThat(endingsOf(key).get(0).get("endedByName").asText()).isEqualTo("revoker");
        Answer other = admin.issue(wish(owner()));
        admin.delete("/v1/keys/" + other.text("id"));
        assertThat(endingsOf(other).get(0).get("endedByName").asText()).isEqualTo("environment");
    }

    private static Answer create(String body) {
        return admin.post("/v1/management-keys", body);
    }
}
