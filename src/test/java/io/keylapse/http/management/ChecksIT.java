package io.keylapse.http.management;

import static io.keylapse.harness.Client.quote;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.keylapse.harness.Client.Answer;
import io.keylapse.key.KeyFormat;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChecksIT extends OneNode {
    @Test
    void each_key_has_its_own_result_in_the_order_of_the_request() throws JsonProcessingException {
        Answer good = admin.issue("{\"owner\":\"acme\",\"ttl\":\"PT1H\",\"scopes\":[\"a\",\"b\"]}");
        Answer revoked = admin.issue(wish(owner()));
        JsonNode end = admin.delete("/v1/keys/" + revoked.text("id")).json();
        Answer expired = admin.issue("{\"owner\":\"late\",\"ttl\":\"PT1S\"}");
        await().until(() -> admin.check(expired.text("key")).status() == 401);
        Answer rotated = admin.issue(wish(owner()));
        Answer successor = admin.post("/v1/keys/" + rotated.text("id") + "/rotate", "{\"grace\":\"PT0S\"}");

        JsonNode results = results(
                " " + good.text("key") + " ",
                revoked.text("key"),
                expired.text("key"),
                rotated.text("key"),
                "nonsense",
                unknown());

        assertThat(results.get(0)).isEqualTo(json("""
                        {"valid":true,"code":"VALID","keyId":"%s","owner":"acme","scopes":["a","b"],"expiresAt":"%s"}""".formatted(good.text("id"), good.text("expiresAt"))));
        assertThat(results.get(1))
                .isEqualTo(json("{\"valid\":false,\"code\":\"KEY_REVOKED\",\"keyId\":\"%s\",\"endedAt\":\"%s\"}"
                        .formatted(revoked.text("id"), end.get("endedAt").asText())));
        assertThat(results.get(2))
                .isEqualTo(json(
                        "{\"valid\":false,\"code\":\"KEY_EXPIRED\",\"keyId\":\"%s\",\"owner\":\"late\",\"expiredAt\":\"%s\"}"
                                .formatted(expired.text("id"), expired.text("expiresAt"))));
        assertThat(results.get(3).get("code").asText()).isEqualTo("KEY_ROTATED");
        assertThat(results.get(3).get("successorId").asText()).isEqualTo(successor.text("id"));
        assertThat(results.get(4)).isEqualTo(json("{\"valid\":false,\"code\":\"KEY_MALFORMED\"}"));
        assertThat(results.get(5)).isEqualTo(json("{\"valid\":false,\"code\":\"KEY_UNKNOWN\"}"));
        assertThat(results).hasSize(6);
    }

    @Test
    void a_thousand_unknown_keys_are_all_answered() {
        JsonNode results =
                results(IntStream.range(0, 1000).mapToObj(i -> unknown()).toArray(String[]::new));
        assertThat(results)
                .hasSize(1000)
                .allMatch(each -> each.get("code").asText().equals("KEY_UNKNOWN"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {}                      | keys
            {"keys":null}           | keys
            {"keys":[]}             | keys
            {"keys":"x"}            | keys
            {"keys":["x",1]}        | keys[1]
            {"keys":["x",null]}     | keys[1]
            {"keys":["x"],"more":1} | more
            """)
    void what_is_no_list_of_texts_is_refused_naming_the_field(String body, String field) {
        assertInvalid(admin.post("/v1/checks", body), field);
    }

    @Test
    void more_than_a_thousand_are_refused() {
        assertInvalid(admin.post("/v1/checks", "{\"keys\":[" + "\"x\",".repeat(1000) + "\"x\"]}"), "keys");
    }

    private static JsonNode results(String... keys) {
        Answer answer = admin.post("/v1/checks", body(keys));
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.header("Cache-Control")).isEqualTo("no-store");
        return answer.json().get("results");
    }

    private static String body(String... keys) {
        return Stream.of(keys).map(key -> quote(key)).collect(joining(",", "{\"keys\":[", "]}"));
    }

    private static String unknown() {
        return new KeyFormat("kl", List.of()).generate().reveal();
    }

    private static JsonNode json(String text) throws JsonProcessingException {
        return new ObjectMapper().readTree(text);
    }
}
