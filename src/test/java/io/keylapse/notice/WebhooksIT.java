package io.keylapse.notice;

import static io.keylapse.harness.Client.quote;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.notice.WebhookReceiver.Call;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How webhooks are called, and what becomes of receivers that fail. */
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
    void receiver_that_does_not_answer_is_given_fifteen_seconds() {
        String owner = owner();
        webhook(owner);
        var release = new CountDownLatch(1);
        // A byte now and then must not keep the call alive.
        receiver.answer(exchange -> {
            exchange.sendResponseHeaders(200, 0);
            var body = exchange.getResponseBody();
            while (!isReleased(release, Duration.ofSeconds(1))) {
                body.write('.');
                body.flush();
            }
            exchange.close();
        });
        try {
            revokedKey(owner);

            JsonNode delivery = awaitAttempts(owner, 1);

            assertThat(admin.get("/v1/deliveries/" + delivery.path("id").asText())
                            .json()
                            .get("log")
                            .get(0)
                            .path("outcome")
                            .asText())
                    .isEqualTo("no answer within 15 s");
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
    void webhook_hears_only_what_it_asked_for() {
        String owner = owner();
        webhook(owner, "api_key.renewed");
        Answer key = admin.issue(owner, Duration.ofHours(1));
        admin.post("/v1/keys/" + key.text("id") + "/renew", "{\"ttl\":\"PT2H\"}");
        admin.post("/v1/keys/" + key.text("id") + "/revoke", "{}");
        awaitDelivery(owner, 2);

        assertThat(calls(owner)).extracting(Call::type).containsExactly("api_key.renewed");
    }

    @Test
    void webhooks_are_listed_page_by_page_and_by_whose_keys_they_hear_of() {
        String owner = owner();
        String first = webhook(owner).text("id");
        String second = webhook(owner).text("id");
        String of = "/v1/webhooks?limit=1&owner=" + owner;
        Answer page = admin.get(of);
        // Newest first, and two of one millisecond by the rest of their ids.
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
        try (var connection = java.sql.DriverManager.getConnection(
                        stores.postgresUrl(), stores.postgresUser(), stores.postgresPassword());
                var rows = connection
                        .createStatement()
                        .executeQuery(
                                "SELECT count(*) FROM webhook WHERE encode(secret, 'hex') LIKE '%" + hex + "%'")) {
            rows.next();
            assertThat(rows.getInt(1)).isZero();
        }
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
                "https://10.0.0.1/",
                "https://192.168.1.1/",
                "https://172.16.0.1/",
                "https://169.254.169.254/latest/meta-data/",
                "https://100.64.0.1/",
                "https://127.0.0.1/",
                "https://0.0.0.0/",
                "https://[::1]/",
                "https://[fd00::1]/",
                "https://[fe80::1]/",
                "https://[::ffff:10.0.0.1]/",
                "https://[64:ff9b::a00:1]/",
                "https://[64:ff9b:1::a00:1]/",
                "https://[2002:a00:1::]/",
                "https://224.0.0.1/",
                "http://example.com/",
                "https://example.com:22/",
                "https://user:secret@example.com/",
                "https://example.com/#part",
                "ftp://example.com/",
                "https:///path",
                "example.com",
                "not a url"
            })
    void url_that_must_not_be_called_is_refused(String url) {
        try (Node strict = Node.start(stores, Map.of("keylapse.encryption-key", ENCRYPTION_KEY))) {
            Answer refused = strict.admin().post("/v1/webhooks", "{\"url\":%s}".formatted(quote(url)));

            assertThat(refused.status()).as(refused.body()).isEqualTo(400);
            assertThat(refused.json().path("errors").get(0).path("field").asText())
                    .isEqualTo("url");
        }
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
