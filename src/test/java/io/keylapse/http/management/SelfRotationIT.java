package io.keylapse.http.management;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.key.KeyId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Key holders rotate and revoke their own keys. */
@NullUnmarked
class SelfRotationIT extends OneNode {
    private static final Duration HOUR = Duration.ofHours(1);

    private static Node lenient;

    @BeforeAll
    static void startLenient() {
        lenient = Node.start(Stores.shared(), Map.of("keylapse.self-rotation-policy", "before-expiry"))
                .awaitRedisFollowed();
    }

    @Test
    void holder_may_not_rotate_unless_that_is_set() {
        Answer key = admin.issue(owner(), HOUR);

        assertProblem(self(node, key, "rotate", "{}"), 403, "SELF_ROTATION_NOT_ALLOWED");

        assertThat(show(node, key).json().get("rotatable").asBoolean()).isFalse();
        assertThat(show(node, key).text("successorId")).isNull();
    }

    @Test
    void holder_gets_a_successor_and_the_old_key_is_accepted_until_its_grace_ends() {
        Answer key = admin.issue(owner(), HOUR);
        assertThat(show(lenient, key).json().get("rotatable").asBoolean()).isTrue();

        Answer successor = rotate(key, "{\"grace\":\"PT10M\",\"ttl\":\"PT30M\"}");

        assertThat(successor.status()).as(successor.body()).isEqualTo(201);
        assertThat(successor.text("predecessorId")).isEqualTo(key.text("id"));
        assertThat(successor.text("enforcement")).isEqualTo("applied");
        assertThat(left(successor)).isBetween(Duration.ofMinutes(28), Duration.ofMinutes(31));
        assertThat(check(successor).status()).isEqualTo(200);
        assertThat(check(key).status()).isEqualTo(200);
        Answer old = show(lenient, key);
        assertThat(old.text("successorId")).isEqualTo(successor.text("id"));
        assertThat(left(old)).isBetween(Duration.ofMinutes(8), Duration.ofMinutes(11));
        assertThat(old.body()).doesNotContain(successor.text("key"));
        assertThat(noticesOf(key)).containsExactly("api_key.rotated");
    }

    @Test
    void successor_lives_as_long_as_the_key_was_issued_for_and_never_longer() {
        Answer key = admin.issue(owner(), HOUR);
        for (String ttl : List.of("PT1H0.001S", "P367D", "PT0S", "-PT5M", "soon")) {
            assertInvalid(rotate(key, "{\"ttl\":\"" + ttl + "\"}"), "ttl");
        }
        for (String grace : List.of("-PT1S", "P367D", "later")) {
            assertInvalid(rotate(key, "{\"grace\":\"" + grace + "\"}"), "grace");
        }
        assertInvalid(rotate(key, "{\"expiresAt\":\"2099-01-01T00:00:00Z\"}"), "expiresAt");
        assertThat(show(lenient, key).text("successorId")).isNull();

        Answer second = rotate(rotate(key, "{}"), "{}");

        assertThat(second.text("lifetime")).isEqualTo("PT1H");
        assertThat(left(second)).isBetween(Duration.ofMinutes(58), HOUR);
    }

    @Test
    void holder_whose_answer_was_lost_rotates_again_and_the_lost_successor_is_revoked() {
        Answer key = admin.issue(owner(), HOUR);
        Answer lost = rotate(key, "{\"grace\":\"PT10M\"}");
        String end = show(lenient, key).text("expiresAt");
        assertThat(show(lenient, key).text("advice")).contains("If you never received it, rotate this key again.");

        Answer successor = rotate(key, "{\"grace\":\"PT20M\"}");

        assertThat(successor.status()).as(successor.body()).isEqualTo(201);
        assertThat(check(successor).status()).isEqualTo(200);
        assertThat(check(lost).text("code")).isEqualTo("KEY_REVOKED");
        Answer old = show(lenient, key);
        assertThat(old.text("successorId")).isEqualTo(successor.text("id"));
        assertThat(old.text("expiresAt")).isEqualTo(end);
        assertThat(endingsOf(lost).get(0).get("detail").asText()).contains("repeated");
        assertThat(check(key).status()).isEqualTo(200);
        passDeadlinesOf(key.text("owner"));
        assertThat(show(lenient, key).text("state")).isEqualTo("rotated");
    }

    @Test
    void successor_that_somebody_uses_is_not_taken_away() throws Exception {
        Answer shown = admin.issue(owner(), HOUR);
        Answer showing = rotate(shown, "{}");
        show(lenient, showing);
        Answer renewed = admin.issue(owner(), HOUR);
        Answer renewing = rotate(renewed, "{}");
        admin.post("/v1/keys/" + renewing.text("id") + "/renew", "{\"ttl\":\"PT2H\"}");
        Answer rotated = admin.issue(owner(), HOUR);
        Answer next = rotate(rotate(rotated, "{}"), "{}");
        Answer byAdmin = admin.issue(owner(), HOUR);
        Answer ofAdmin = admin.post("/v1/keys/" + byAdmin.text("id") + "/rotate", "{}");

        Answer used = admin.issue(owner(), HOUR);
        Answer using = rotate(used, "{}");
        // As a node records it after a check.
        Stores.shared()
                .run(
                        "INSERT INTO key_usage VALUES (?, now())",
                        KeyId.parse(using.text("id")).orElseThrow().value());

        Stream.of(shown, renewed, rotated, byAdmin, used).forEach(key -> {
            assertThat(show(lenient, key).json().get("rotatable").asBoolean()).isFalse();
            assertProblem(rotate(key, "{}"), 409, "KEY_ENDED");
        });

        Stream.of(showing, renewing, next, ofAdmin, using)
                .forEach(key -> assertThat(check(key).status()).isEqualTo(200));
    }

    @Test
    void calls_at_the_same_time_make_one_successor() throws Exception {
        Answer key = admin.issue(owner(), HOUR);
        try (var callers = Executors.newFixedThreadPool(3);
                var other = Stores.shared().connect();
                var statement = other.prepareStatement("SELECT FROM api_key WHERE owner = ? FOR UPDATE")) {
            other.setAutoCommit(false);
            statement.setString(1, key.text("owner"));
            statement.execute();
            var calls = Stream.generate(() -> callers.submit(() -> rotate(key, "{}")))
                    .limit(3)
                    .toList();
            await().atMost(20, SECONDS).until(() -> waitingForLocks() >= 3);
            other.rollback();

            var answers = new ArrayList<Answer>();
            for (var call : calls) {
                answers.add(call.get());
            }

            assertThat(answers.stream().map(Answer::status)).containsExactlyInAnyOrder(201, 409, 409);
            Answer successor = answers.stream()
                    .filter(answer -> answer.status() == 201)
                    .findFirst()
                    .orElseThrow();
            assertThat(check(successor).status()).isEqualTo(200);
            assertThat(keysOf(key.text("owner"))).hasSize(2);
        }
    }

    @Test
    void key_and_its_successors_are_rotated_three_times_a_day_and_then_later() {
        Answer first = rotate(admin.issue(owner(), HOUR), "{}");
        Answer second = rotate(first, "{}");
        Answer third = rotate(second, "{}");

        Answer fourth = rotate(third, "{}");

        assertProblem(fourth, 429, "TOO_MANY_ROTATIONS");
        assertThat(Integer.parseInt(fourth.header("Retry-After"))).isBetween(86_000, 86_400);
        assertProblem(rotate(third, "{}"), 429, "TOO_MANY_ROTATIONS");
        assertThat(check(third).status()).isEqualTo(200);
        sql(
                "UPDATE self_rotation SET rotated_at = rotated_at - interval '1 day'"
                        + " WHERE successor_id IN (SELECT id FROM api_key WHERE hint = ?)",
                first.text("hint"));
        assertThat(rotate(third, "{}").status()).isEqualTo(201);
    }

    @Test
    void repeated_rotations_count_towards_the_limit_too() {
        Answer key = admin.issue(owner(), HOUR);
        for (int i = 0; i < 3; i++) {
            assertThat(rotate(key, "{}").status()).isEqualTo(201);
        }

        assertProblem(rotate(key, "{}"), 429, "TOO_MANY_ROTATIONS");
    }

    @Test
    void key_that_has_ended_is_not_rotated() throws Exception {
        Answer expired = admin.issue(owner(), HOUR);
        passDeadlinesOf(expired.text("owner"));
        Answer revoked = admin.issue(owner(), HOUR);
        admin.post("/v1/keys/" + revoked.text("id") + "/revoke", "{}");

        assertProblem(rotate(expired, "{}"), 409, "KEY_ENDED");
        assertProblem(rotate(revoked, "{}"), 409, "KEY_ENDED");
    }

    @Test
    void holder_revokes_a_key_for_good_and_sees_why() {
        Answer key = admin.issue(owner(), HOUR);
        assertInvalid(self(node, key, "revoke", "{\"reason\":\"" + "x".repeat(201) + "\"}"), "reason");
        assertThat(check(key).status()).isEqualTo(200);

        Answer revoked = self(node, key, "revoke", "{\"reason\":\"pushed to a public repository\"}");

        assertThat(revoked.status()).as(revoked.body()).isEqualTo(200);
        assertThat(revoked.text("state")).isEqualTo("revoked");
        assertThat(revoked.text("reason")).isEqualTo("pushed to a public repository");
        assertThat(check(key).text("code")).isEqualTo("KEY_REVOKED");
        Answer again = self(node, key, "revoke", "{\"reason\":\"another\"}");
        assertThat(again.json()).isEqualTo(revoked.json());
        assertThat(again.body() + check(key).body()).doesNotContain("supportContact");
        JsonNode ending = endingsOf(key).get(0);
        assertThat(ending.get("detail").asText()).isEqualTo("pushed to a public repository");
        assertThat(ending.has("endedBy")).isFalse();
        assertThat(noticesOf(key)).containsExactly("api_key.revoked");
    }

    @Test
    void holder_sees_every_ending_of_the_key() throws Exception {
        Answer key = admin.issue(owner(), HOUR);
        passDeadlinesOf(key.text("owner"));
        admin.post("/v1/keys/" + key.text("id") + "/renew", "{\"ttl\":\"PT1H\"}");
        self(node, key, "revoke", null);

        JsonNode history = show(node, key).json().get("history");

        assertThat(history.valueStream().map(ending -> ending.get("how").asText()))
                .containsExactly("revoked", "expired");
        assertThat(history.get(1).has("reinstatedAt")).isTrue();
        assertThat(show(node, key).json().has("reason")).isFalse();
    }

    private static Answer rotate(Answer key, String body) {
        return self(lenient, key, "rotate", body);
    }

    private static Answer self(Node of, Answer key, String verb, String body) {
        return body == null
                ? of.anonymous().send("POST", "/v1/self/" + verb, null, "X-API-Key", key.text("key"))
                : of.anonymous().post("/v1/self/" + verb, body, "X-API-Key", key.text("key"));
    }

    private static Answer show(Node of, Answer key) {
        return of.anonymous().get("/v1/self", "X-API-Key", key.text("key"));
    }

    private static Answer check(Answer key) {
        return lenient.anonymous().check(key.text("key"));
    }

    private static List<String> noticesOf(Answer key) {
        return admin.get("/v1/notices?keyId=" + key.text("id"))
                .json()
                .get("items")
                .valueStream()
                .map(notice -> notice.get("type").asText())
                .toList();
    }

    private static Duration left(Answer key) {
        return Duration.between(Instant.now(), Instant.parse(key.text("expiresAt")));
    }

    private static int waitingForLocks() throws Exception {
        try (var connection = Stores.shared().connect();
                var statement = connection.prepareStatement("SELECT count(*) FROM pg_stat_activity"
                        + " WHERE wait_event_type = 'Lock' AND query LIKE '%WHERE id = $1 FOR UPDATE%'");
                var row = statement.executeQuery()) {
            row.next();
            return row.getInt(1);
        }
    }
}
