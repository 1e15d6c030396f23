package io.keylapse.http.management;

import static io.keylapse.harness.Client.quote;
import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.harness.Client.Answer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LookupIT extends OneNode {
    @Test
    void a_found_string_is_traced_to_its_key_by_an_auditor_too() {
        Answer key = admin.issue(wish(owner()));
        admin.delete("/v1/keys/" + key.text("id"));

        Answer found = node.as(managementKey("auditor")).post("/v1/keys/lookup", body(" " + key.text("key")));

        assertThat(found.status()).isEqualTo(200);
        assertThat(found.json())
                .isEqualTo(admin.get("/v1/keys/" + key.text("id")).json());
        assertThat(found.text("state")).isEqualTo("revoked");
        assertThat(found.body()).doesNotContain(key.text("key"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                " ",
                "x",
                "kl_",
                "kl_000000000000000000000000000000000000",
                "ghp_abc",
                "😀",
                "key_0000000000000000000000"
            })
    void what_is_no_key_of_ours_is_not_found(String text) {
        assertProblem(admin.post("/v1/keys/lookup", body(text)), 404, "NOT_FOUND");
    }

    @Test
    void a_key_with_a_typo_is_not_found_and_not_repeated() {
        String typo = admin.issue(wish(owner())).text("key").replaceAll(".$", "!");
        Answer answer = admin.post("/v1/keys/lookup", body(typo));
        assertProblem(answer, 404, "NOT_FOUND");
        assertThat(answer.body()).doesNotContain(typo);
    }

    private static String body(String text) {
        return "{\"key\":" + quote(text) + "}";
    }
}
