package io.keylapse.http.management;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.keylapse.harness.Client;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Stores;
import java.util.ArrayList;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class IdempotencyIT extends OneNode {
    @Test
    void a_repeat_answers_with_the_same_key_without_the_secret() {
        String owner = owner();
        String idempotencyKey = key();
        Answer first = issue(admin, owner, idempotencyKey);
        Answer repeat = issue(admin, owner, idempotencyKey);

        assertThat(first.json().has("key")).isTrue();
        assertThat(repeat.status()).isEqualTo(201);
        assertThat(repeat.header("Location")).isEqualTo(first.header("Location"));
        assertThat(repeat.json().has("key")).isFalse();
        ObjectNode shown = (ObjectNode) admin.get(first.header("Location")).json();
        shown.remove("usageKnownSince");
        assertThat(repeat.json()).isEqualTo(shown);
        assertThat(keysOf(owner)).hasSize(1);
    }

    @Test
    void how_the_json_is_written_does_not_matter() {
        String owner = owner();
        String idempotencyKey = key();
        Answer first = post(
                "{\"owner\":\"%s\",\"ttl\":\"PT1H\",\"metadata\":{\"a\":{\"c\":1,\"d\":2},\"b\":[]}}".formatted(owner),
                idempotencyKey);
        Answer repeat = post(
                " {\"metadata\": {\"b\":[],\"a\":{\"d\":2,\"c\":1}},\n\"ttl\":\"PT1\\u0048\",\"owner\":\"%s\",\"name\":null}"
                        .formatted(owner),
                idempotencyKey);
        assertThat(repeat.text("id")).isEqualTo(first.text("id"));
    }

    @Test
    void how_the_path_is_spelled_does_not_matter() {
        String idempotencyKey = key();
        String wish = wish(owner());
        Answer first = admin.post("/v1/keys", wish, "Idempotency-Key", idempotencyKey);
        Answer repeat = admin.post("/v1/keys/", wish, "Idempotency-Key", idempotencyKey);
        assertThat(repeat.text("id")).as(repeat.body()).isEqualTo(first.text("id"));

        String rotateKey = key();
        String path = "/v1/keys/" + first.text("id") + "/rotate";
        Answer rotated = admin.post(path, "{}", "Idempotency-Key", rotateKey);
        Answer again = admin.post(path.replace("_", "%5F"), "{}", "Idempotency-Key", rotateKey);
        assertThat(again.text("id")).as(again.body()).isEqualTo(rotated.text("id"));
    }

    @Test
    void another_body_is_a_mismatch() {
        String owner = owner();
        String idempotencyKey = key();
        issue(admin, owner, idempotencyKey);
        assertProblem(issue(admin, owner + "x", idempotencyKey), 409, "IDEMPOTENCY_MISMATCH");
        assertProblem(
                post("{\"owner\":\"%s\",\"ttl\":\"PT1H\",\"metadata\":{\"a\":1}}".formatted(owner), idempotencyKey),
                409,
                "IDEMPOTENCY_MISMATCH");
        assertThat(keysOf(owner + "x")).isEmpty();
        assertThat(keysOf(owner)).hasSize(1);
    }

    @Test
    void a_rotation_is_repeated_like_an_issue() {
        String owner = owner();
        String idempotencyKey = key();
        Answer old = admin.issue(wish(owner));
        String path = "/v1/keys/" + old.text("id") + "/rotate";
        Answer first = admin.post(path, "{\"grace\":\"PT1H\"}", "Idempotency-Key", idempotencyKey);
        Answer repeat = admin.post(path, "{\"grace\":\"PT1H\"}", "Idempotency-Key", idempotencyKey);

        assertThat(first.json().has("key")).isTrue();
        assertThat(repeat.status()).isEqualTo(201);
        assertThat(repeat.text("id")).isEqualTo(first.text("id"));
        assertThat(repeat.text("predecessorId")).isEqualTo(old.text("id"));
        assertThat(repeat.json().has("key")).isFalse();
        assertProblem(admin.post(path, "{}", "Idempotency-Key", idempotencyKey), 409, "IDEMPOTENCY_MISMATCH");
        String other = "/v1/keys/" + first.text("id") + "/rotate";
        assertProblem(
                admin.post(other, "{\"grace\":\"PT1H\"}", "Idempotency-Key", idempotencyKey),
                409,
                "IDEMPOTENCY_MISMATCH");
        assertProblem(issue(admin, owner, idempotencyKey), 409, "IDEMPOTENCY_MISMATCH");
        assertThat(keysOf(owner)).hasSize(2);
    }

    @Test
    void after_a_refusal_it_can_be_used_again() {
        String owner = owner();
        String idempotencyKey = key();
        assertInvalid(post("{\"owner\":\"%s\",\"ttl\":\"P999D\"}".formatted(owner), idempotencyKey), "ttl");
        assertThat(issue(admin, owner, idempotencyKey).status()).isEqualTo(201);
    }

    @Test
    void management_keys_do_not_get_into_each_others_way() {
        String owner = owner();
        String idempotencyKey = key();
        Answer one = issue(admin, owner, idempotencyKey);
        Answer two = issue(node.as(managementKey("issuer")), owner, idempotencyKey);
        assertThat(two.status()).isEqualTo(201);
        assertThat(two.text("id")).isNotEqualTo(one.text("id"));
    }

    @Test
    void concurrent_duplicates_make_exactly_one_key() {
        String owner = owner();
        String idempotencyKey = key();
        var underWay = new ArrayList<CompletableFuture<Answer>>();
        for (int i = 0; i < 12; i++) {
            underWay.add(CompletableFuture.supplyAsync(() -> issue(admin, owner, idempotencyKey)));
        }
        var answers = underWay.stream().map(CompletableFuture::join).toList();

        String id = keysOf(owner).getFirst();
        assertThat(keysOf(owner)).hasSize(1);
        assertThat(answers).allSatisfy(answer -> {
            if (answer.status() == 201) {
                assertThat(answer.text("id")).isEqualTo(id);
            } else {
                assertProblem(answer, 409, "IDEMPOTENCY_IN_PROGRESS");
            }
        });
        assertThat(answers.stream().filter(answer -> answer.json().has("key"))).hasSize(1);
    }

    @Test
    void while_the_first_request_is_running_a_repeat_gets_an_error() throws Exception {
        String owner = owner();
        String idempotencyKey = key();
        CompletableFuture<Answer> first;
        try (var connection = Stores.shared().connect();
                var statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("LOCK TABLE api_key IN EXCLUSIVE MODE");
            first = CompletableFuture.supplyAsync(() -> issue(admin, owner, idempotencyKey));
            await().atMost(10, SECONDS).until(() -> {
                try (var waiting = statement.executeQuery("SELECT 1 FROM pg_locks WHERE NOT granted"
                        + " AND locktype = 'relation' AND pid IN (SELECT pid FROM pg_locks WHERE objsubid = 2)")) {
                    return waiting.next();
                }
            });
            assertProblem(issue(admin, owner, idempotencyKey), 409, "IDEMPOTENCY_IN_PROGRESS");
            connection.rollback();
        }
        assertThat(first.join().status()).isEqualTo(201);
        assertThat(issue(admin, owner, idempotencyKey).text("id"))
                .isEqualTo(first.join().text("id"));
    }

    @Test
    void after_a_day_it_is_forgotten() throws Exception {
        String owner = owner();
        String idempotencyKey = key();
        issue(admin, owner, idempotencyKey);
        assertThat(age(idempotencyKey, "23 hours 59 minutes")).isEqualTo(1);
        assertThat(issue(admin, owner, idempotencyKey).json().has("key")).isFalse();
        age(idempotencyKey, "2 minutes");
        assertThat(issue(admin, owner, idempotencyKey).json().has("key")).isTrue();
        assertThat(keysOf(owner)).hasSize(2);
        assertThat(issue(admin, owner, idempotencyKey).json().has("key")).isFalse();
    }

    static String[] bad() {
        return new String[] {"", " ", "a".repeat(256), "a\tb"};
    }

    @ParameterizedTest
    @MethodSource("bad")
    void a_key_that_is_blank_or_long_or_has_a_tab_is_refused(String idempotencyKey) {
        String owner = owner();
        assertInvalid(issue(admin, owner, idempotencyKey), "Idempotency-Key");
        assertThat(keysOf(owner)).isEmpty();
    }

    @Test
    void two_keys_are_refused_and_the_longest_is_taken() {
        assertInvalid(
                admin.post("/v1/keys", wish(owner()), "Idempotency-Key", key(), "Idempotency-Key", key()),
                "Idempotency-Key");
        String longest = (key() + " ").repeat(7).substring(0, 255);
        assertThat(issue(admin, owner(), longest).status()).isEqualTo(201);
    }

    private static int age(String idempotencyKey, String by) throws Exception {
        return sql(
                "UPDATE idempotency_key SET created_at = created_at - ?::interval WHERE key = ?", by, idempotencyKey);
    }

    private static Answer issue(Client client, String owner, String idempotencyKey) {
        return client.post("/v1/keys", wish(owner), "Idempotency-Key", idempotencyKey);
    }

    private static Answer post(String body, String idempotencyKey) {
        return admin.post("/v1/keys", body, "Idempotency-Key", idempotencyKey);
    }

    private static String key() {
        return UUID.randomUUID().toString();
    }
}
