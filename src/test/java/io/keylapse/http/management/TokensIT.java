package io.keylapse.http.management;

import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.harness.Client;
import io.keylapse.harness.Client.Answer;
import io.keylapse.key.KeyFormat;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 7662 and RFC 7009. */
class TokensIT extends OneNode {
    private static final String FORM = "application/x-www-form-urlencoded";

    @Test
    void a_good_key_is_an_active_token() {
        Answer key = admin.issue("{\"owner\":\"acme\",\"ttl\":\"PT1H\",\"scopes\":[\"a\",\"b\"]}");
        Answer answer = form(admin, "/introspect", "token=" + key.text("key") + "&token_type_hint=access_token");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("Cache-Control")).isEqualTo("no-store");
        assertThat(answer.body())
                .isEqualTo(
                        "{\"active\":true,\"scope\":\"a b\",\"sub\":\"acme\",\"exp\":%d,\"jti\":\"%s\",\"token_type\":\"Bearer\"}",
                        Instant.parse(key.text("expiresAt")).getEpochSecond(), key.text("id"));
    }

    @Test
    void whatever_is_not_good_is_inactive_and_nothing_more_is_said() {
        Answer revoked = admin.issue(wish(owner()));
        admin.delete("/v1/keys/" + revoked.text("id"));
        for (String token : List.of(revoked.text("key"), unknown(), "nonsense", "%F0%9F%98%80")) {
            assertThat(form(admin, "/introspect", "token=" + token).body())
                    .as(token)
                    .isEqualTo("{\"active\":false}");
        }
    }

    @Test
    void a_revoked_token_is_refused_at_once_and_in_the_blacklist() {
        Answer key = admin.issue(wish(owner()));
        Answer answer = form(admin, "/revoke", "token_type_hint=refresh_token&token=" + key.text("key"));
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body()).isEmpty();
        assertThat(node.anonymous().check(key.text("key")).text("code")).isEqualTo("KEY_REVOKED");
        assertThat(endingsOf(key))
                .hasSize(1)
                .allMatch(each -> each.get("reason").asText().equals("revoked"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"nonsense", "kl_000000000000000000000000000000000000"})
    void to_revoke_what_is_no_token_is_no_error(String token) {
        Answer answer = form(admin, "/revoke", "token=" + token);
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            ``              | token
            token=          | token
            token=%20       | token
            tokens=x        | token
            token=x&token=y | token
            token=%zz       | body
            """)
    void form_without_one_token_is_refused_naming_it(String body, String field) {
        assertInvalid(form(admin, "/introspect", body), field);
        assertInvalid(form(admin, "/revoke", body), field);
    }

    @Test
    void token_in_the_query_is_not_looked_at() {
        String key = admin.issue(wish(owner())).text("key");
        assertInvalid(form(admin, "/revoke?token=" + key, ""), "token");
        assertThat(node.anonymous().check(key).status()).isEqualTo(200);
    }

    @Test
    void what_is_no_form_is_refused() {
        assertProblem(admin.post("/introspect", "{\"token\":\"x\"}"), 415, "NOT_A_FORM");
        assertProblem(admin.post("/revoke", "{\"token\":\"x\"}"), 415, "NOT_A_FORM");
        assertProblem(form(admin, "/introspect", "token=" + "x".repeat(70_000)), 413, "BODY_TOO_LARGE");
    }

    @ParameterizedTest
    @CsvSource({"/introspect, admin issuer check", "/revoke, admin issuer"})
    void a_role_may_do_what_is_its_and_nothing_else(String path, String roles) {
        for (String role : List.of("admin", "issuer", "auditor", "check")) {
            Answer answer = form(node.as(managementKey(role)), path, "token=nonsense");
            if (List.of(roles.split(" ")).contains(role)) {
                assertThat(answer.status()).as(role).isEqualTo(200);
            } else {
                assertProblem(answer, 403, "ROLE_NOT_ENOUGH");
            }
        }
        assertProblem(form(node.anonymous(), path, "token=nonsense"), 401, "CREDENTIAL_MISSING");
    }

    private static Answer form(Client client, String path, String body) {
        return client.send("POST", path, body, "Content-Type", FORM);
    }

    private static String unknown() {
        return new KeyFormat("kl", List.of()).generate().reveal();
    }
}
