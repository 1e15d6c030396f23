package io.keylapse.http.management;

import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.harness.Client;
import io.keylapse.harness.Client.Answer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RolesIT extends OneNode {
    private static final Map<String, String> KEYS = new LinkedHashMap<>();

    @BeforeAll
    static void makeOneOfEach() {
        for (String role : List.of("admin", "issuer", "auditor", "check")) {
            KEYS.put(role, managementKey(role));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            POST   | /v1/keys                                       | {"owner":"o","ttl":"PT1H"}      | 201 | admin issuer
            POST   | /v1/keys:batch                                 | {"keys":[{}]}                   | 200 | admin issuer
            POST   | /v1/keys/key_0000000000000000000000/renew      | {"ttl":"PT1H"}                  | 404 | admin issuer
            POST   | /v1/keys/key_0000000000000000000000/rotate     | {}                              | 404 | admin issuer
            POST   | /v1/keys/key_0000000000000000000000/revoke     | {}                              | 404 | admin issuer
            DELETE | /v1/keys/key_0000000000000000000000            |                                 | 404 | admin issuer
            PATCH  | /v1/keys/key_0000000000000000000000            | {}                              | 404 | admin issuer
            POST   | /v1/owners/nobody/revoke                       | {}                              | 200 | admin issuer
            POST   | /v1/keys:revoke                                | {"ids":["key_0000000000000000000000"]} | 200 | admin issuer
            POST   | /v1/keys:renew                                 | {"ids":["key_0000000000000000000000"],"ttl":"PT1H"} | 200 | admin issuer
            GET    | /v1/owners                                     |                                 | 200 | admin issuer auditor
            GET    | /v1/owners/nobody                              |                                 | 404 | admin issuer auditor
            GET    | /v1/keys                                       |                                 | 200 | admin issuer auditor
            HEAD   | /v1/keys                                       |                                 | 200 | admin issuer auditor
            GET    | /v1/keys/key_0000000000000000000000            |                                 | 404 | admin issuer auditor
            POST   | /v1/keys/lookup                                | {"key":"x"}                     | 404 | admin issuer auditor
            POST   | /v1/checks                                     | {"keys":["x"]}                  | 200 | admin issuer check
            GET    | /v1/blacklist                                  |                                 | 200 | admin issuer auditor
            GET    | /v1/keys/stats                                 |                                 | 200 | admin issuer auditor
            GET    | /v1/blacklist/stats                            |                                 | 200 | admin issuer auditor
            GET    | /v1/audit                                      |                                 | 200 | admin auditor
            GET    | /v1/overview                                   |                                 | 200 | admin issuer auditor
            GET    | /v1/me                                         |                                 | 200 | admin issuer auditor check
            GET    | /v1/blacklist/feed?cursor=x                    |                                 | 400 | admin issuer auditor
            GET    | /v1/notices                                    |                                 | 200 | admin issuer auditor
            GET    | /v1/notices/msg_0000000000000000000000         |                                 | 404 | admin issuer auditor
            GET    | /v1/deliveries                                 |                                 | 200 | admin issuer auditor
            GET    | /v1/deliveries/dlv_0000000000000000000000      |                                 | 404 | admin issuer auditor
            POST   | /v1/deliveries/dlv_0000000000000000000000/replay |                               | 404 | admin
            GET    | /v1/webhooks                                   |                                 | 200 | admin issuer auditor
            GET    | /v1/webhooks/wh_0000000000000000000000         |                                 | 404 | admin issuer auditor
            POST   | /v1/webhooks                                   | {"url":"https://example.com/"}  | 409 | admin
            PATCH  | /v1/webhooks/wh_0000000000000000000000         | {}                              | 404 | admin
            DELETE | /v1/webhooks/wh_0000000000000000000000         |                                 | 404 | admin
            POST   | /v1/webhooks/wh_0000000000000000000000/rotate-secret | {}                        | 404 | admin
            POST   | /v1/webhooks/wh_0000000000000000000000/test    | {}                              | 404 | admin
            POST   | /v1/webhooks/wh_0000000000000000000000/replay  | {}                              | 404 | admin
            GET    | /v1/mail-templates                             |                                 | 200 | admin
            GET    | /v1/mail-templates/api_key.expired             |                                 | 200 | admin
            POST   | /v1/mail-templates/api_key.expired/test        | {"email":"a@example.com"}       | 409 | admin
            POST   | /v1/management-keys                            | {"name":"n","role":"check"}     | 201 | admin
            GET    | /v1/management-keys                            |                                 | 200 | admin
            DELETE | /v1/management-keys/mgmt_0000000000000000000000 |                                | 404 | admin
            """)
    void a_role_may_do_what_is_its_and_nothing_else(String method, String path, String body, int status, String roles) {
        KEYS.forEach((role, key) -> {
            Answer answer = call(node.as(key), method, path, body);
            if (List.of(roles.split(" ")).contains(role)) {
                assertThat(answer.status()).as(role).isEqualTo(status);
            } else if (method.equals("HEAD")) {
                assertThat(answer.status()).as(role).isEqualTo(403);
            } else {
                assertProblem(answer, 403, "ROLE_NOT_ENOUGH");
            }
        });
        if (!method.equals("HEAD")) {
            assertProblem(call(node.anonymous(), method, path, body), 401, "CREDENTIAL_MISSING");
        }
    }

    @Test
    void a_key_of_an_owner_is_no_management_key() {
        String key = admin.issue(wish(owner())).text("key");
        assertProblem(node.as(key).get("/v1/keys"), 401, "CREDENTIAL_INVALID");
        assertThat(node.anonymous().check(KEYS.get("admin")).status()).isEqualTo(401);
    }

    @Test
    void only_the_bearer_scheme_is_looked_at_and_its_case_does_not_matter() {
        Client anybody = node.anonymous();
        assertThat(anybody.get("/v1/keys", "Authorization", "bEaReR  " + KEYS.get("admin"))
                        .status())
                .isEqualTo(200);
        assertProblem(anybody.get("/v1/keys", "Authorization", "Basic abc"), 401, "CREDENTIAL_MISSING");
        assertProblem(anybody.get("/v1/keys", "Authorization", "Bearer "), 401, "CREDENTIAL_MISSING");
        assertProblem(anybody.get("/v1/keys", "X-API-Key", KEYS.get("admin")), 401, "CREDENTIAL_MISSING");
        Answer refused = anybody.get("/v1/keys?access_token=" + KEYS.get("admin"));
        assertProblem(refused, 401, "CREDENTIAL_MISSING");
        assertThat(refused.header("WWW-Authenticate")).startsWith("Bearer realm=");
    }

    private static Answer call(Client client, String method, String path, String body) {
        return body == null
                ? client.send(method, path, null)
                : client.send(method, path, body, "Content-Type", "application/json");
    }
}
