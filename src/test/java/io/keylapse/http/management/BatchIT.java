package io.keylapse.http.management;

import static io.keylapse.harness.Client.quote;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BatchIT extends OneNode {
    private static final int MAX_BYTES = 2 * 1024 * 1024;

    @Test
    void results_come_in_the_order_of_the_request() {
        String owner = owner();
        List<JsonNode> keys = results(
                issue(IntStream.range(0, 50).mapToObj(i -> wish(owner + i)).toArray(String[]::new)));
        assertThat(keys)
                .extracting(key -> key.get("owner").asText())
                .isEqualTo(IntStream.range(0, 50).mapToObj(i -> owner + i).toList());
    }

    @Test
    void a_key_of_a_batch_is_as_one_that_was_issued_alone() {
        String wish = """
                {"owner":%s,"name":"ci","ttl":"P30D","scopes":["b","a","b"],
                 "metadata":{"team":"x","n":[1.50,null,true]},"contact":{"email":"ops@example.org"}}
                """.formatted(quote(owner()));
        for (String each : List.of(wish, wish(owner() + "😀"))) {
            JsonNode alone = admin.issue(each).json();
            JsonNode together = only(issue(each));
            assertThat(without(together)).isEqualTo(without(alone));
            assertThat(together.fieldNames()).toIterable().containsExactlyElementsOf(alone::fieldNames);
            assertThat(together.get("key").asText()).matches("kl_[0-9A-Za-z]{36}");
            assertThat(together.get("enforcement").asText()).isEqualTo("applied");

            JsonNode shown =
                    admin.get("/v1/keys/" + together.get("id").asText()).json();
            assertThat(without(shown)).isEqualTo(without(together));
            assertThat(shown.get("issuedAt")).isEqualTo(together.get("issuedAt"));
            assertThat(shown.get("expiresAt")).isEqualTo(together.get("expiresAt"));
            assertThat(shown.has("key")).isFalse();
        }
    }

    @Test
    void every_key_of_a_batch_is_good_at_once() {
        String owner = owner();
        Answer answer = issue(Collections.nCopies(1_000, wish(owner)).toArray(String[]::new));

        List<JsonNode> keys = results(answer);
        assertThat(keys).hasSize(1_000);
        for (JsonNode key : keys) {
            Answer checked = node.anonymous().check(key.get("key").asText());
            assertThat(checked.status()).isEqualTo(200);
            assertThat(checked.header("X-Credential-Identifier"))
                    .isEqualTo(key.get("id").asText());
        }
        assertThat(keys.stream().map(key -> key.get("id")).distinct()).hasSize(1_000);
    }

    @Test
    void a_key_of_a_batch_lives_on_as_any_other() {
        JsonNode key = only(issue(wish(owner())));
        String path = "/v1/keys/" + key.get("id").asText();

        Answer successor = admin.post(path + "/rotate", "{\"grace\":\"PT0S\"}");
        assertThat(successor.status()).isEqualTo(201);
        assertThat(node.anonymous().check(key.get("key").asText()).text("code")).isEqualTo("KEY_ROTATED");
        assertThat(node.anonymous().check(successor.text("key")).status()).isEqualTo(200);
    }

    @Test
    void a_key_of_a_batch_expires_and_is_recorded() {
        JsonNode key = only(issue("{\"owner\":%s,\"ttl\":\"PT1S\"}".formatted(quote(owner()))));
        await().atMost(10, SECONDS)
                .until(() -> admin.get("/v1/blacklist?keyId=" + key.get("id").asText())
                                .json()
                                .get("items")
                                .size()
                        == 1);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"ttl":"PT1H"}                                        | owner
            {"owner":" ","name":"\\u0000","ttl":"PT1H"}            | owner name
            {"owner":"o"}                                         | ttl
            {"owner":"o","ttl":"PT0.5S"}                          | ttl
            {"owner":"o","ttl":"PT1H","expiresAt":"2030-01-31T12:00:00Z"} | ttl expiresAt
            {"owner":"o","ttl":"PT1H","scopes":["a",5]}           | scopes[1]
            {"owner":"o","ttl":"PT1H","metadata":[]}              | metadata
            {"owner":"o","ttl":"PT1H","contact":{"email":"x"}}    | contact.email
            {"owner":"o","ttl":"PT1H","ownr":"o"}                 | ownr
            {"owner":5,"ttl":"PT1H"}                              | owner
            {"owner":"\\ud800","ttl":"PT1H"}                       | owner
            {}                                                    | owner
            null                                                  | item
            []                                                    | item
            "x"                                                   | item
            5                                                     | item
            """)
    void a_bad_item_does_not_lose_the_others(String bad, String fields) {
        String owner = owner();
        List<JsonNode> results = results(issue(wish(owner), bad, wish(owner)));

        JsonNode refused = results.get(1);
        assertThat(refused.get("status").asInt()).isEqualTo(400);
        assertThat(refused.get("code").asText()).isEqualTo("INVALID_REQUEST");
        assertThat(refused.get("detail").asText()).isNotBlank();
        assertThat(refused.get("errors")
                        .valueStream()
                        .map(error -> error.get("field").asText()))
                .containsExactlyInAnyOrder(fields.split(" "));
        assertThat(keysOf(owner))
                .containsExactlyInAnyOrder(
                        results.get(0).get("id").asText(),
                        results.get(2).get("id").asText());
    }

    @Test
    void a_batch_of_nothing_but_bad_items_issues_nothing() {
        assertThat(results(issue("{}", "{}")))
                .allSatisfy(result -> assertThat(result.has("id")).isFalse());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"keys\":null}",
                "{\"keys\":[]}",
                "{\"keys\":{}}",
                "{\"keys\":\"x\"}",
                "{\"keys\":[{\"owner\":\"a\",\"owner\":\"b\"}]}",
                "{\"keys\":[{]}"
            })
    void a_batch_has_keys_that_are_well_formed(String body) {
        assertInvalid(admin.post("/v1/keys:batch", body), "keys");
    }

    @Test
    void a_batch_has_at_most_1000_keys() {
        String owner = owner();
        assertInvalid(issue(Collections.nCopies(1_001, wish(owner)).toArray(String[]::new)), "keys");
        assertThat(keysOf(owner)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "null", "[]", "{", "{}x"})
    void what_is_no_json_object_is_no_batch(String body) {
        assertInvalid(admin.post("/v1/keys:batch", body), "body");
    }

    @Test
    void a_batch_has_no_other_fields() {
        assertInvalid(admin.post("/v1/keys:batch", "{\"keys\":[{}],\"atomic\":true}"), "atomic");
    }

    @Test
    void a_batch_of_2_mib_is_read_and_a_byte_more_is_not() {
        String owner = owner();
        String body = batch(wish(owner));
        String most = body + " ".repeat(MAX_BYTES - body.length());
        assertThat(admin.post("/v1/keys:batch", most).status()).isEqualTo(200);
        assertProblem(admin.post("/v1/keys:batch", most + " "), 413, "BODY_TOO_LARGE");
        assertThat(keysOf(owner)).hasSize(1);
    }

    @Test
    void a_batch_that_may_not_be_repeated_refuses_to_look_as_if_it_might() {
        String owner = owner();
        assertInvalid(admin.post("/v1/keys:batch", batch(wish(owner)), "Idempotency-Key", "once"), "Idempotency-Key");
        assertThat(keysOf(owner)).isEmpty();
    }

    @Test
    void without_redis_a_batch_is_acknowledged_as_pending_and_without_postgres_nothing_is() {
        try (Stores stores = Stores.own();
                Node own = Node.start(stores, Map.of())) {
            String owner = owner();
            stores.interruptRedis();
            JsonNode key;
            try {
                Answer answer = own.admin().post("/v1/keys:batch", batch(wish(owner), "{}", wish(owner)));
                key = answer.json().at("/results/2");
                assertThat(key.get("enforcement").asText()).isEqualTo("pending");
                assertThat(own.anonymous().check(key.get("key").asText()).status())
                        .isEqualTo(200);
            } finally {
                stores.resumeRedis();
            }
            stores.interruptPostgres();
            try {
                assertProblem(own.admin().post("/v1/keys:batch", batch(wish(owner))), 503, "STORE_UNAVAILABLE");
            } finally {
                stores.resumePostgres();
            }
            await().atMost(30, SECONDS)
                    .until(() -> own.admin().get("/v1/keys?owner=" + owner).status() == 200);
            assertThat(own.admin().get("/v1/keys?owner=" + owner).json().get("items"))
                    .hasSize(2);
        }
    }

    private static Answer issue(String... wishes) {
        return admin.post("/v1/keys:batch", batch(wishes));
    }

    private static String batch(String... wishes) {
        return "{\"keys\":[" + String.join(",", wishes) + "]}";
    }

    private static List<JsonNode> results(Answer answer) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return answer.json().get("results").valueStream().toList();
    }

    private static JsonNode only(Answer answer) {
        List<JsonNode> results = results(answer);
        assertThat(results).hasSize(1);
        return results.getFirst();
    }

    /** The members that two keys with the same content share. */
    private static Map<String, JsonNode> without(JsonNode key) {
        List<String> own = List.of("id", "key", "hint", "issuedAt", "expiresAt", "enforcement", "usageKnownSince");
        return key.properties().stream()
                .filter(each -> !own.contains(each.getKey()))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }
}
