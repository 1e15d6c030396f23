package io.keylapse.notice;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.key.KeyId;
import io.keylapse.notice.WebhookReceiver.Call;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** Which notices are sent, to whom, and when. */
@NullUnmarked
class NoticesIT extends NoticeTests {
    @Test
    void owner_is_notified_of_an_expiry_by_a_signed_request() {
        String owner = owner();
        String secret = webhook(owner).text("secret");
        Answer key = admin.issue(owner, Duration.ofSeconds(1));

        Call call = awaitCalls(owner, 1).getFirst();

        assertThat(call.isSignedWith(secret)).isTrue();
        assertThat(call.isSignedWith("whsec_" + ENCRYPTION_KEY)).isFalse();
        assertThat(call.type()).isEqualTo("api_key.expired");
        assertThat(call.json().path("timestamp").asText()).isEqualTo(key.text("expiresAt"));
        assertThat(call.data().path("keyId").asText()).isEqualTo(key.text("id"));
        assertThat(call.data().path("owner").asText()).isEqualTo(owner);
        assertThat(call.data().path("hint").asText()).isEqualTo(key.text("hint"));
        assertThat(call.data().has("late")).isFalse();
        assertThat(call.id()).startsWith("msg_");
        assertThat(awaitDelivery(owner, "delivered").path("attempts").asInt()).isEqualTo(1);
        assertThat(noticesOf(owner).get(0).path("id").asText()).isEqualTo(call.id());
    }

    @Test
    void owner_is_notified_of_changes_by_others() {
        String owner = owner();
        webhook(owner);
        Answer key = admin.issue(owner, Duration.ofHours(1));
        admin.post("/v1/keys/" + key.text("id") + "/renew", "{\"ttl\":\"PT2H\"}");
        Answer successor = admin.post("/v1/keys/" + key.text("id") + "/rotate", "{\"grace\":\"PT10M\"}");
        admin.post("/v1/keys/" + successor.text("id") + "/revoke", "{\"reason\":\"leaked\"}");

        List<Call> calls = awaitCalls(owner, 3);

        assertThat(calls)
                .extracting(Call::type)
                .containsExactlyInAnyOrder("api_key.renewed", "api_key.rotated", "api_key.revoked");
        assertThat(of("api_key.rotated", calls).data().path("successorId").asText())
                .isEqualTo(successor.text("id"));
        assertThat(of("api_key.revoked", calls).data().path("detail").asText()).isEqualTo("leaked");
        assertThat(Instant.parse(
                        of("api_key.renewed", calls).data().path("expiresAt").asText()))
                .isAfter(Instant.parse(key.text("expiresAt")));
    }

    @Test
    void owner_is_warned_at_the_times_that_were_chosen_for_the_key() {
        String owner = owner();
        webhook(owner);
        Answer key =
                admin.issue("{\"owner\":\"%s\",\"ttl\":\"PT63S\",\"leadTimes\":[\"PT1M\",\"P30D\"]}".formatted(owner));

        Call call = awaitCalls(owner, 1).getFirst();

        Instant deadline = Instant.parse(key.text("expiresAt"));
        assertThat(call.type()).isEqualTo("api_key.expiring");
        assertThat(call.data().path("leadTime").asText()).isEqualTo("PT1M");
        assertThat(call.data().path("expiresAt").asText()).isEqualTo(key.text("expiresAt"));
        assertThat(Instant.parse(call.json().path("timestamp").asText())).isEqualTo(deadline.minusSeconds(60));
    }

    @Test
    void key_that_lives_an_hour_has_one_warning() {
        String owner = owner();
        webhook(owner);
        Answer key = admin.issue(owner, Duration.ofHours(1));
        let(owner, Duration.ofMinutes(44));
        assertThat(noticesOf(owner)).isEmpty();

        let(owner, Duration.ofMinutes(2));

        assertThat(awaitCalls(owner, 1).getFirst().data().path("leadTime").asText())
                .isEqualTo("PT15M");
        let(owner, Duration.ofMinutes(10));
        settle();
        assertThat(calls(owner)).hasSize(1);
        assertThat(key.text("expiresAt")).isNotNull();
    }

    @Test
    void key_that_lives_a_month_is_warned_a_week_and_a_day_before() {
        String owner = owner();
        webhook(owner);
        admin.issue(owner, Duration.ofDays(31));

        for (int day = 0; day < 30; day++) {
            let(owner, Duration.ofDays(1));
            settle();
        }

        assertThat(awaitCalls(owner, 2))
                .extracting(call -> call.data().path("leadTime").asText())
                .containsExactly("P7D", "P1D");
    }

    @Test
    void of_several_missed_warnings_only_the_last_is_sent_and_says_that_it_is_late() {
        String owner = owner();
        webhook(owner);
        admin.issue(owner, Duration.ofDays(31));

        let(owner, Duration.ofDays(30).plusHours(12));

        Call call = awaitCalls(owner, 1).getFirst();
        assertThat(call.data().path("leadTime").asText()).isEqualTo("P1D");
        assertThat(call.data().path("late").asBoolean()).isTrue();
        settle();
        assertThat(calls(owner)).hasSize(1);
    }

    @Test
    void renewal_takes_back_what_is_no_longer_true() {
        String owner = owner();
        webhook(owner, "api_key.expired");
        receiver.answer(500, "");
        Answer key;
        try {
            key = admin.issue(owner, Duration.ofSeconds(1));
            awaitAttempts(owner, 1);
        } finally {
            receiver.answer(204, "");
        }

        admin.post("/v1/keys/" + key.text("id") + "/renew", "{\"ttl\":\"PT1H\"}");

        assertThat(awaitDelivery(owner, "cancelled", 1).path("attempts").asInt())
                .isEqualTo(1);
        endPauses(owner);
        settle();
        assertThat(calls(owner)).hasSize(1);
    }

    @Test
    void owner_of_a_key_with_a_successor_is_not_notified_that_it_expired() {
        String owner = owner();
        webhook(owner);
        Answer key = admin.issue(owner, Duration.ofSeconds(5));
        assertThat(admin.post("/v1/keys/" + key.text("id") + "/rotate", "{\"grace\":\"PT1H\",\"ttl\":\"PT1H\"}")
                        .status())
                .isEqualTo(201);
        awaitCalls(owner, 1);
        await().atMost(13, SECONDS)
                .until(() -> admin.get("/v1/blacklist?keyId=" + key.text("id"))
                                .json()
                                .get("items")
                                .size()
                        == 1);
        settle();

        assertThat(calls(owner)).extracting(Call::type).containsExactly("api_key.rotated");
    }

    @Test
    void expiry_of_a_key_that_was_renamed_before_its_notice_is_still_notified() {
        String owner = owner();
        webhook(owner, "api_key.expired");
        Answer key = admin.issue(owner, Duration.ofHours(1));
        // Expired and renamed between two rounds of the planner.
        sql(
                "WITH ended AS (UPDATE api_key SET issued_at = issued_at - interval '1 day', state = 'expired',"
                        + " expires_at = now() - interval '1 second', ended_at = now() - interval '1 second',"
                        + " version = 2 WHERE owner = ? RETURNING id, owner, name, hint, expires_at)"
                        + " INSERT INTO blacklist (key_id, version, owner, name, hint, reason, ended_at, source)"
                        + " SELECT id, 1, owner, name, hint, 'expired', expires_at, 'sweep' FROM ended",
                owner);

        assertThat(awaitCalls(owner, 1).getFirst().data().path("keyId").asText())
                .isEqualTo(key.text("id"));
    }

    @Test
    void notice_without_recipients_is_not_written() {
        String owner = owner();
        Answer key = admin.issue(owner, Duration.ofSeconds(1));
        await().atMost(10, SECONDS)
                .until(() -> admin.get("/v1/blacklist?keyId=" + key.text("id"))
                                .json()
                                .get("items")
                                .size()
                        == 1);
        settle();

        assertThat(noticesOf(owner)).isEmpty();
    }

    @Test
    void two_nodes_send_a_notice_once() {
        String owner = owner();
        webhook(owner, "api_key.expired");
        try (Node other = Node.start(stores, settings())) {
            for (int i = 0; i < 40; i++) {
                other.admin().issue(owner, Duration.ofSeconds(2));
            }

            List<Call> calls = awaitCalls(owner, 40);

            settle();
            assertThat(calls(owner)).hasSameSizeAs(calls).hasSize(40);
            assertThat(calls(owner).stream().map(Call::id).distinct()).hasSize(40);
        }
    }

    /** As if a node had just written that the key was refused. */
    private static void refuse(Answer key) {
        sql(
                "INSERT INTO key_refusal (key_id, first_refused_at, last_refused_at, refused_count, notice_due_at)"
                        + " VALUES (?, now(), now(), 1, now())",
                id(key));
    }

    private static UUID id(Answer key) {
        return KeyId.parse(key.text("id")).orElseThrow().value();
    }

    private static long noticed(Answer key) {
        return stores.ask(
                "SELECT count(*) FROM key_refusal WHERE key_id = ? AND notice_due_at IS NULL AND noticed_at IS NOT NULL",
                id(key));
    }

    @Test
    void owner_is_notified_that_an_ended_key_is_still_used_and_how_it_ended() {
        String owner = owner();
        webhook(owner, "api_key.refused");
        Answer expired = admin.issue(owner, Duration.ofSeconds(1));
        Answer revoked = admin.issue(owner, Duration.ofHours(1));
        admin.delete("/v1/keys/" + revoked.text("id"));
        await().until(() -> admin.check(expired.text("key")).status() == 401);

        refuse(expired);
        refuse(revoked);

        List<Call> calls = awaitCalls(owner, 2);
        assertThat(calls).extracting(Call::type).containsOnly("api_key.refused");
        assertThat(calls)
                .extracting(call -> call.data().path("keyId").asText() + " "
                        + call.data().path("detail").asText())
                .containsExactlyInAnyOrder(expired.text("id") + " expired", revoked.text("id") + " revoked");
        assertThat(calls).noneMatch(call -> call.data().has("late"));
        assertThat(noticed(expired)).isEqualTo(1);
        settle();
        assertThat(calls(owner)).hasSize(2);
    }

    @Test
    void owner_is_not_notified_of_refusals_of_a_key_that_is_active_again() {
        String owner = owner();
        webhook(owner, "api_key.refused");
        Answer key = admin.issue(owner, Duration.ofHours(1));

        refuse(key);

        await().until(() ->
                stores.ask("SELECT count(*) FROM key_refusal WHERE key_id = ? AND notice_due_at IS NULL", id(key))
                        == 1);
        assertThat(noticed(key)).isZero();
        settle();
        assertThat(calls(owner)).isEmpty();
    }

    @Test
    void owner_is_not_warned_of_a_key_that_nobody_uses_if_that_is_so_chosen() {
        String owner = owner();
        webhook(owner, "api_key.expiring");
        Answer used = admin.issue(owner, Duration.ofDays(40));
        Answer unused = admin.issue(owner, Duration.ofDays(40));
        sql("INSERT INTO key_usage VALUES (?, now())", id(used));
        sql("UPDATE usage_known SET since = now() - interval '100 days'");

        let(owner, Duration.ofDays(34));

        assertThat(awaitCalls(owner, 1).getFirst().data().path("keyId").asText())
                .isEqualTo(used.text("id"));
        settle();
        assertThat(calls(owner)).hasSize(1);
        JsonNode notice = admin.get("/v1/notices?keyId=" + unused.text("id"))
                .json()
                .get("items")
                .get(0);
        assertThat(notice.path("detail").asText()).isEqualTo("unused");
        assertThat(notice.path("deliveries")).isEmpty();
        sql("UPDATE usage_known SET since = now()");
    }

    private static Call of(String type, List<Call> calls) {
        return calls.stream()
                .filter(call -> call.type().equals(type))
                .findFirst()
                .orElseThrow();
    }

    private static JsonNode awaitDelivery(String owner, String state, int notices) {
        await().atMost(20, SECONDS).until(() -> {
            var found = noticesOf(owner);
            return found.size() >= notices
                    && found.get(found.size() - 1)
                            .path("deliveries")
                            .path(0)
                            .path("state")
                            .asText()
                            .equals(state);
        });
        var found = noticesOf(owner);
        return found.get(found.size() - 1).get("deliveries").get(0);
    }

    /**
     * Lets time pass for this owner's keys, by moving them and the planner's position into the past. Both in one
     * transaction, or a round in between would plan the same deadlines again.
     */
    private static void let(String owner, Duration pass) {
        sql(
                "WITH moved AS (UPDATE api_key SET issued_at = issued_at - ?::interval,"
                        + " expires_at = expires_at - ?::interval WHERE owner = ?)"
                        + " UPDATE notice_lead SET reached_at = reached_at - ?::interval",
                pass.toString(),
                pass.toString(),
                owner,
                pass.toString());
    }

    /** Waits until two rounds have found nothing to do. */
    private static void settle() {
        var rounds = node.bean(io.keylapse.notice.plan.NoticePlanner.class);
        rounds.runOnce();
        rounds.runOnce();
    }
}
