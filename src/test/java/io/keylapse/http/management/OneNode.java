package io.keylapse.http.management;

import static io.keylapse.harness.Client.quote;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.keylapse.harness.Client;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;

/** Base of tests with one node, and their common calls. */
abstract class OneNode {
    static final String NO_SUCH_KEY = "key_0000000000000000000000";

    static Node node;
    static Client admin;

    @BeforeAll
    static void start() {
        // Otherwise the first changes would be reported as pending.
        node = Node.shared().awaitRedisFollowed();
        admin = node.admin();
    }

    static String owner() {
        return Node.owner();
    }

    /** The body of a request that issues a key of this owner for an hour. */
    static String wish(String owner) {
        return "{\"owner\":" + quote(owner) + ",\"ttl\":\"PT1H\"}";
    }

    static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    static List<String> idsOf(JsonNode page) {
        return page.get("items")
                .valueStream()
                .map(item -> item.get("id").asText())
                .toList();
    }

    static List<String> keysOf(String owner) {
        return idsOf(admin.get("/v1/keys?owner=" + encode(owner)).json());
    }

    static JsonNode endingsOf(Answer key) {
        return admin.get("/v1/blacklist?keyId=" + key.text("id")).json().get("items");
    }

    static String managementKey(String role) {
        return admin.post("/v1/management-keys", "{\"name\":\"test\",\"role\":\"%s\"}".formatted(role))
                .text("key");
    }

    static void assertProblem(Answer answer, int status, String code) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(status);
        assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
        var problem = answer.json();
        assertThat(problem.get("code").asText()).isEqualTo(code);
        assertThat(problem.get("status").asInt()).isEqualTo(status);
        for (String member : List.of("type", "title", "detail", "instance")) {
            assertThat(problem.path(member).isTextual()).as(member).isTrue();
        }
        assertThat(answer.body()).doesNotContain("Exception", "io.keylapse", "io.micronaut", "java.", "\tat ");
    }

    static void assertInvalid(Answer answer, String... fields) {
        assertProblem(answer, 400, "INVALID_REQUEST");
        var named = new ArrayList<String>();
        answer.json().path("errors").forEach(error -> {
            assertThat(error.get("message").asText()).isNotBlank();
            named.add(error.get("field").asText());
        });
        assertThat(named).as(answer.body()).containsExactlyInAnyOrder(fields);
    }

    static int sql(String sql, Object... parameters) {
        return Stores.shared().run(sql, parameters);
    }

    /** Moves the deadlines of this owner's keys to one second ago. */
    static void passDeadlinesOf(String owner) {
        sql(
                "UPDATE api_key SET issued_at = issued_at - interval '1 day', expires_at = now() - interval '1 second'"
                        + " WHERE owner = ?",
                owner);
    }
}
