package io.keylapse.notice;

import static io.keylapse.harness.Client.quote;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.notice.WebhookReceiver.Call;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Calls of webhooks, and the handling of receivers that fail. */
@NullUnmarked
class WebhooksIT extends NoticeTests {
    @AfterEach
    void recover() {
        receiver.answer(204, "");
    }

    @Test
    void failed_delivery_is_tried_again_under_the_same_id_until_it_arrives() {
        String owner = owner();
        webhook(owner);
        receiver.answer(503, "down for repairs");
        revokedKey(owner);
        awaitCalls(owner, 1);
        JsonNode waiting = awaitAttempts(owner, 1);
        assertThat(waiting.path("state").asText()).isEqualTo("pending");
        receiver.answer(200, "thanks");
        endPauses(owner);

        List<Call> calls = awaitCalls(owner, 2);

        JsonNode delivery = awaitDelivery(owner, "delivered");
        assertThat(calls.get(1).id()).isEqualTo(calls.get(0).id());
        JsonNode log = admin.get("/v1/deliveries/" + delivery.path("id").asText())
                .json()
                .get("log");
        assertThat(log.get(0).path("status").asInt()).isEqualTo(503);
        assertThat(log.get(0).path("response").asText()).isEqualTo("down for repairs");
        assertThat(log.get(1).path("status").asInt()).isEqualTo(200);
    }

    @Test
    void delivery_is_given_up_after_ten_attempts_and_can_be_sent_again() {
        String owner = owner();
        String id = webhook(owner).text("id");
        receiver.answer(500, "");
        revokedKey(owner);
        for (int attempts = 1; attempts < 10; attempts++) {
            awaitAttempts(owner, attempts);
            endPauses(owner);
        }
        JsonNode dead = awaitDelivery(owner, "dead");
        assertThat(dead.path("attempts").asInt()).isEqualTo(10);
        assertThat(idsOf(admin.get("/v1/deliveries?state=dead&webhookId=" + id)))
                .containsExactly(dead.path("id").asText());
        receiver.answer(204, "");

        Answer replay = admin.post("/v1/webhooks/" + id + "/replay", "{}");

        assertThat(replay.json().path("replayed").asInt()).isEqualTo(1);
        awaitDelivery(owner, "delivered");
        assertThat(admin.post("/v1/deliveries/" + dead.path("id").asText() + "/replay", "{}")
                        .text("code"))
                .isEqualTo("DELIVERY_NOT_DEAD");
    }

    @Test
    void health_counts_all_deliveries_and_says_why_an_endpoint_fails() {
        String owner = owner();
        String id = webhook(owner).text("id");
        assertThat(healthOf(id).path("status").asText()).isEqualTo("unused");
        receiver.answer(503, "down for repairs");
        revokedKey(owner);
        awaitAttempts(owner, 1);
        sql(
                "INSERT INTO delivery (id, notice_id, channel, webhook_id, target, next_attempt_at)"
                        + " SELECT gen_random_uuid(), notice_id, channel, webhook_id, target, now() + interval '1 hour'"
                        + " FROM delivery JOIN notice ON notice.id = notice_id, generate_series(1, 150) WHERE owner = ?",
                owner);

        JsonNode failing = healthOf(id);

        assertThat(failing.path("status").asText()).isEqualTo("failing");
        assertThat(failing.path("pending").asInt()).isEqualTo(151);
        assertThat(failing.path("retrying").asInt()).isEqualTo(1);
        assertThat(failing.at("/lastFailure/status").asInt()).isEqualTo(503);
        assertThat(failing.at("/lastFailure/outcome").asText()).contains("503");
        assertThat(failing.path("successRate").asDouble(-1)).isZero();
        assertThat(failing.path("exact").asBoolean()).isTrue();
        assertThat(failing.path("oldestPendingAt").isTextual()).isTrue();

        sql("DELETE FROM delivery USING notice WHERE notice.id = notice_id AND owner = ? AND attempts = 0", owner);
        receiver.answer(200, "");
        endPauses(owner);
        awaitDelivery(owner, "delivered");

        JsonNode healthy = healthOf(id);
        assertThat(healthy.path("status").asText()).isEqualTo("healthy");
        assertThat(healthy.path("pending").asInt()).isZero();
        assertThat(healthy.path("deliveredLastDay").asInt()).isEqualTo(1);
        assertThat(healthy.path("successRate").asDouble()).isEqualTo(1.0);
        assertThat(healthy.has("lastFailure")).isFalse();
        assertThat(admin.get("/v1/webhooks?owner=" + owner).json().at("/items/0/health"))
                .isEqualTo(healthy);
    }

    @Test
    void failed_deliveries_are_told_also_after_they_were_given_up() {
        String owner = owner();
        String id = webhook(owner).text("id");
        receiver.answer(500, "");
        revokedKey(owner);
        awaitAttempts(owner, 1);
        sql(
                "UPDATE delivery SET state = 'dead', next_attempt_at = NULL, ended_at = now() FROM notice"
                        + " WHERE notice.id = notice_id AND owner = ?",
                owner);

        JsonNode health = healthOf(id);

        assertThat(health.path("status").asText()).isEqualTo("failing");
        assertThat(health.path("dead").asInt()).isEqualTo(1);
        assertThat(health.path("deadLastDay").asInt()).isEqualTo(1);
        assertThat(health.at("/lastFailure/status").asInt()).isEqualTo(500);
        admin.patch("/v1/webhooks/" + id, "{\"enabled\":false}");
        assertThat(healthOf(id).path("status").asText()).isEqualTo("disabled");
    }

    @Test
    void notice_to_webhooks_alone_does_not_say_that_the_owner_was_mailed() {
        String owner = owner();
        webhook(owner);
        revokedKey(owner);
        awaitDelivery(owner, "delivered");

        for (JsonNode told : List.of(
                noticesOf(owner).at("/0/told"),
                admin.get("/v1/blacklist?owner=" + owner).json().at("/items/0/told"))) {
            assertThat(told.has("mail")).isFalse();
            assertThat(told.at("/webhooks/delivered").asInt()).isEqualTo(1);
            assertThat(told.path("delivered").asInt()).isEqualTo(1);
        }
    }

    private static JsonNode healthOf(String webhook) {
        return admin.get("/v1/webhooks/" + webhook).json().path("health");
    }

    @Test
    void query_of_a_url_is_shown_only_to_roles_that_may_manage_webhooks() {
        String owner = owner();
        String url = receiver.url("/" + owner + "?token=s3cret&x=1");
        String id = admin.post("/v1/webhooks", "{\"url\":%s,\"owners\":[%s]}".formatted(quote(url), quote(owner)))
                .text("id");
        revokedKey(owner);
        JsonNode delivery = awaitDelivery(owner, "delivered");
        List<String> views = List.of(
                "/v1/webhooks?owner=" + owner,
                "/v1/webhooks/" + id,
                "/v1/notices?owner=" + owner,
                "/v1/notices/" + delivery.path("noticeId").asText(),
                "/v1/deliveries?webhookId=" + id,
                "/v1/deliveries/" + delivery.path("id").asText());

        for (String role : List.of("issuer", "auditor")) {
            String key = admin.post("/v1/management-keys", "{\"name\":\"reader\",\"role\":\"%s\"}".formatted(role))
                    .text("key");
            assertThat(views)
                    .allSatisfy(view -> assertThat(node.as(key).get(view).body())
                            .contains(receiver.url("/" + owner + "?..."))
                            .doesNotContain("s3cret", "x=1"));
        }
        assertThat(views).allSatisfy(view -> assertThat(admin.get(view).body()).contains(url));
    }

    @Test
    void receiver_that_is_gone_is_disabled_until_somebody_enables_it() {
        String owner = owner();
        String id = webhook(owner).text("id");
        receiver.answer(410, "");
        revokedKey(owner);
        awaitDelivery(owner, "dead");

        Answer disabled = admin.get("/v1/webhooks/" + id);

        assertThat(disabled.json().path("enabled").asBoolean()).isFalse();
        assertThat(disabled.text("disabledBecause")).contains("410");
        receiver.answer(204, "");
        assertThat(admin.patch("/v1/webhooks/" + id, "{\"enabled\":true}")
                        .json()
                        .path("enabled")
                        .asBoolean())
                .isTrue();
        revokedKey(owner);
        awaitCalls(owner, 2);
    }

    @Test
    void redirect_is_not_followed() {
        String owner = owner();
        webhook(owner);
        receiver.answer(302, "", "Location", receiver.url("/elsewhere-" + owner));
        revokedKey(owner);

        assertThat(awaitAttempts(owner, 1).path("state").asText()).isEqualTo("pending");
        assertThat(receiver.calls("/elsewhere-" + owner)).isEmpty();
    }

    @Test
    void of_a_long_answer_only_the_beginning_is_kept() {
        String owner = owner();
        webhook(owner);
        receiver.answer(200, "x".repeat(1_000_000));
        revokedKey(owner);

        JsonNode delivery = awaitDelivery(owner, "delivered");

        assertThat(admin.get("/v1/deliveries/" + delivery.path("id").asText())
                        .json()
                        .get("log")
                        .get(0)
                        .path("response")
                        .asText())
                .hasSize(1024);
    }

    @Test
    void slow_receiver_holds_back_no_other() {
        String slow = owner();
        String quick = owner();
        webhook(slow);
        webhook(quick);
        var release = new CountDownLatch(1);
        receiver.answer(exchange -> {
            if (exchange.getRequestURI().getPath().contains(slow)) {
                awaitQuietly(release);
            }
            WebhookReceiver.respond(exchange, 204, "");
        });
        try {
            for (int i = 0; i < 20; i++) {
                revokedKey(slow);
            }
            awaitCalls(slow, 1);
            for (int i = 0; i < 20; i++) {
                revokedKey(quick);
            }

            awaitCalls(quick, 20);

            assertThat(calls(slow).size()).isLessThan(20);
        } finally {
            release.countDown();
        }
    }

    @Test
    void while_a_secret_is_replaced_requests_are_signed_with_both() {
        String owner = owner();
        Answer made = webhook(owner);
        String id = made.text("id");
        Answer rotated = admin.post("/v1/webhooks/" + id + "/rotate-secret", "{}");
        assertThat(rotated.text("secret")).startsWith("whsec_").isNotEqualTo(made.text("secret"));
        revokedKey(owner);

        Call call = awaitCalls(owner, 1).getFirst();

        assertThat(call.isSignedWith(made.text("secret"))).isTrue();
        assertThat(call.isSignedWith(rotated.text("secret"))).isTrue();
        admin.post("/v1/webhooks/" + id + "/rotate-secret", "{\"overlap\":\"PT0S\"}");
        revokedKey(owner);
        assertThat(awaitCalls(owner, 2).getLast().isSignedWith(rotated.text("secret")))
                .isFalse();
    }

    @Test
    void webhook_is_tried_out_by_a_call_of_its_own() {
        String owner = owner();
        Answer made = webhook(owner);

        Answer test = admin.post("/v1/webhooks/" + made.text("id") + "/test", "{}");

        assertThat(test.text("result")).isEqualTo("delivered");
        Call call = calls(owner).getFirst();
        assertThat(call.type()).isEqualTo("webhook.test");
        assertThat(call.isSignedWith(made.text("secret"))).isTrue();
        receiver.answer(404, "");
        Answer failed = admin.post("/v1/webhooks/" + made.text("id") + "/test", "{}");
        assertThat(failed.text("result")).isEqualTo("failed");
        assertThat(failed.json().path("status").asInt()).isEqualTo(404);
    }

    @Test
    void webhook_receives_only_the_events_it_subscribed_to() {
        String owner = owner();
        webhook(owner, "api_key.renewed");
        Answer key = admin.issue(owner, Duration.ofHours(1));
        admin.post("/v1/keys/" + key.text("id") + "/renew", "{\"ttl\":\"PT2H\"}");
        admin.post("/v1/keys/" + key.text("id") + "/revoke", "{}");
        awaitDelivery(owner, 2);

        assertThat(calls(owner)).extracting(Call::type).containsExactly("api_key.renewed");
    }

    @Test
    void webhooks_are_listed_page_by_page_and_by_owner() {
        String owner = owner();
        String first = webhook(owner).text("id");
        String second = webhook(owner).text("id");
        String of = "/v1/webhooks?limit=1&owner=" + owner;
        Answer page = admin.get(of);
        // Newest first; ids of the same millisecond are ordered by their other bits.
        boolean inOrder = first.compareTo(second) < 0;
        assertThat(idsOf(page)).containsExactly(inOrder ? second : first);
        assertThat(idsOf(admin.get(of + "&cursor=" + page.text("next")))).containsExactly(inOrder ? first : second);
        assertThat(idsOf(admin.get("/v1/webhooks?owner=" + owner()))).doesNotContain(first, second);
        assertThat(admin.get("/v1/webhooks?cursor=x").status()).isEqualTo(400);
        assertThat(admin.get("/v1/webhooks?limit=0").status()).isEqualTo(400);
    }

    @Test
    void deleted_webhook_is_called_no_more() {
        String owner = owner();
        String id = webhook(owner).text("id");
        receiver.answer(500, "");
        revokedKey(owner);
        awaitAttempts(owner, 1);

        assertThat(admin.delete("/v1/webhooks/" + id).status()).isEqualTo(204);

        assertThat(deliveriesOf(owner).get(0).path("state").asText()).isEqualTo("cancelled");
        assertThat(idsOf(admin.get("/v1/webhooks"))).doesNotContain(id);
        assertThat(admin.get("/v1/webhooks/" + id).status()).isEqualTo(404);
        assertThat(admin.delete("/v1/webhooks/" + id).status()).isEqualTo(404);
    }

    @Test
    void secret_is_shown_once_and_is_not_readable_in_postgres() throws Exception {
        Answer made = webhook(owner());
        String secret = made.text("secret");

        assertThat(secret).matches("whsec_[A-Za-z0-9+/=]{44}");
        assertThat(admin.get("/v1/webhooks/" + made.text("id")).json().has("secret"))
                .isFalse();
        assertThat(admin.get("/v1/webhooks").body()).doesNotContain("whsec_");
        byte[] bytes = java.util.Base64.getDecoder().decode(secret.substring("whsec_".length()));
        String hex = java.util.HexFormat.of().formatHex(bytes);
        assertThat(stores.ask("SELECT count(*) FROM webhook WHERE encode(secret, 'hex') LIKE ?", "%" + hex + "%"))
                .isZero();
    }

    @Test
    void without_an_encryption_key_there_are_no_webhooks_and_the_answer_says_what_to_set() {
        try (Node keyless = Node.start(stores, Map.of())) {
            Answer refused = keyless.admin().post("/v1/webhooks", "{\"url\":\"https://example.com/\"}");

            assertThat(refused.status()).isEqualTo(409);
            assertThat(refused.text("code")).isEqualTo("ENCRYPTION_KEY_MISSING");
            assertThat(refused.text("detail")).contains("KEYLAPSE_ENCRYPTION_KEY");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "not a url",
                "http://127.0.0.1/a b",
                "http://127.0.0.1/{a}",
                "http://127.0.0.1/a|b",
                "http://127.0.0.1/100%",
                "http://127.0.0.1:1/",
                "http://10.0.0.1/",
                "http://faß.example/"
            })
    void url_that_must_not_be_called_is_refused_by_the_name_of_the_field(String url) {
        Answer refused = admin.post(
                "/v1/webhooks",
                "{\"url\":%s}"
                        .formatted(quote(url.replaceFirst("(127.0.0.1|10.0.0.1)/", "$1:" + receiver.port() + "/"))));

        assertThat(refused.status()).as(refused.body()).isEqualTo(400);
        assertThat(refused.json().path("errors").get(0).path("field").asText()).isEqualTo("url");
    }

    @Test
    void url_beyond_ascii_is_shown_as_given_and_called_as_percent_encoded_utf8() {
        String owner = owner();
        String url = receiver.url("/ünï-\uD83D\uDE00/" + owner);
        Answer made = admin.post("/v1/webhooks", "{\"url\":%s,\"owners\":[%s]}".formatted(quote(url), quote(owner)));
        assertThat(made.text("url")).as(made.body()).isEqualTo(url);
        revokedKey(owner);

        JsonNode delivery = awaitDelivery(owner, "delivered");

        assertThat(delivery.path("target").asText()).isEqualTo(url);
        assertThat(receiver.calls("/ünï-\uD83D\uDE00/" + owner)).hasSize(1);
    }

    @Test
    void webhook_may_be_changed_although_its_url_would_be_refused_today() {
        String owner = owner();
        String id = webhook(owner).text("id");
        sql("UPDATE webhook SET url = 'https://example.com:22/' WHERE ? = ANY (owners)", owner);

        Answer changed = admin.patch("/v1/webhooks/" + id, "{\"description\":\"old\"}");
        Answer refused = admin.patch("/v1/webhooks/" + id, "{\"url\":\"https://example.com:23/\"}");

        assertThat(changed.status()).as(changed.body()).isEqualTo(200);
        assertThat(refused.status()).isEqualTo(400);
        admin.delete("/v1/webhooks/" + id);
    }

    @Test
    void notice_waits_without_an_attempt_while_the_signing_secret_cannot_be_decrypted() {
        String owner = owner();
        String id = webhook(owner).text("id");
        replaceSecret(owner, new byte[60]);
        revokedKey(owner);
        String other = owner();
        webhook(other);
        revokedKey(other);
        awaitDelivery(other, "delivered");
        // Another round, in which the first delivery was due as well.
        revokedKey(other);
        awaitCalls(other, 2);

        JsonNode waiting = deliveriesOf(owner).path(0);
        assertThat(waiting.path("state").asText()).isEqualTo("pending");
        assertThat(waiting.path("attempts").asInt()).isZero();
        assertThat(calls(owner)).isEmpty();
        assertThat(admin.post("/v1/webhooks/" + id + "/test", "{}").text("outcome"))
                .contains("KEYLAPSE_FORMER_ENCRYPTION_KEYS");
        restoreSecret(owner);
        assertThat(awaitDelivery(owner, "delivered").path("attempts").asInt()).isEqualTo(1);
    }

    @Test
    void delivery_that_fails_for_a_reason_of_ours_is_not_given_up() throws Exception {
        String owner = owner();
        String id = webhook(owner).text("id");
        // An empty secret can be decrypted, but cannot be used to sign.
        replaceSecret(owner, sealed(new byte[0], id));
        revokedKey(owner);
        for (int attempts = 1; attempts <= 11; attempts++) {
            JsonNode waiting = awaitAttempts(owner, attempts);
            assertThat(waiting.path("state").asText()).isEqualTo("pending");
            endPauses(owner);
        }
        restoreSecret(owner);
        endPauses(owner);

        awaitDelivery(owner, "delivered");
    }

    @Test
    void name_that_leads_to_a_forbidden_address_is_not_called() {
        String owner = owner();
        var settings = new java.util.HashMap<>(settings());
        settings.remove("keylapse.webhooks.allowed-networks");
        try (Node strict = Node.start(stores, settings)) {
            Answer made = strict.admin()
                    .post(
                            "/v1/webhooks",
                            "{\"url\":\"http://localhost:%d/%s\",\"owners\":[%s]}"
                                    .formatted(receiver.port(), owner, quote(owner)));
            assertThat(made.status()).as(made.body()).isEqualTo(201);

            Answer test = strict.admin().post("/v1/webhooks/" + made.text("id") + "/test", "{}");

            assertThat(test.text("outcome")).contains("localhost is not a public address");
            assertThat(calls(owner)).isEmpty();
            strict.admin().delete("/v1/webhooks/" + made.text("id"));
        }
    }

    /** Replaces the secret of a webhook, and keeps the original. */
    private static void replaceSecret(String owner, byte[] sealed) {
        sql(
                "UPDATE webhook SET former_secret = secret, former_until = now() + interval '1 day', secret = ?"
                        + " WHERE ? = ANY (owners)",
                sealed,
                owner);
    }

    private static void restoreSecret(String owner) {
        sql(
                "UPDATE webhook SET secret = former_secret, former_secret = NULL, former_until = NULL"
                        + " WHERE ? = ANY (owners)",
                owner);
    }

    /**
     * A secret in its stored form: the name of the encryption key, the nonce, and the AES-GCM ciphertext for this
     * webhook.
     */
    private static byte[] sealed(byte[] secret, String id) throws GeneralSecurityException {
        byte[] key = Base64.getDecoder().decode(ENCRYPTION_KEY);
        var nonce = new byte[12];
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"), new GCMParameterSpec(128, nonce));
        cipher.updateAAD(id.getBytes(StandardCharsets.US_ASCII));
        byte[] encrypted = cipher.doFinal(secret);
        return ByteBuffer.allocate(16 + encrypted.length)
                .put(MessageDigest.getInstance("SHA-256").digest(key), 0, 4)
                .put(nonce)
                .put(encrypted)
                .array();
    }

    private static void revokedKey(String owner) {
        Answer key = admin.issue(owner, Duration.ofHours(1));
        assertThat(admin.post("/v1/keys/" + key.text("id") + "/revoke", "{}").status())
                .isEqualTo(200);
    }

    private static void awaitDelivery(String owner, int notices) {
        await().atMost(20, SECONDS)
                .until(() -> noticesOf(owner).size() == notices && calls(owner).size() == 1);
    }

    private static List<String> idsOf(Answer page) {
        return page.json()
                .get("items")
                .valueStream()
                .map(each -> each.get("id").asText())
                .toList();
    }

    private static void awaitQuietly(CountDownLatch latch) {
        var _ = isReleased(latch, Duration.ofSeconds(30));
    }

    private static boolean isReleased(CountDownLatch latch, Duration patience) {
        try {
            return latch.await(patience.toMillis(), java.util.concurrent.TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }
}
