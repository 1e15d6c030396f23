package io.keylapse.notice;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.notice.delivery.DeliveryTable;
import io.keylapse.registry.outbox.NoticeId;
import io.keylapse.registry.sql.Postgres;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** A webhook that is deleted while a delivery to it is due. */
@NullUnmarked
class DeletedWebhookIT extends NoticeTests {
    private static WebhookId deleted(String id) {
        assertThat(admin.delete("/v1/webhooks/" + id).status()).isIn(200, 204);
        return WebhookId.parse(id).orElseThrow();
    }

    private static NoticeId notice(String owner) {
        webhook(owner);
        String key = admin.issue("{\"owner\":\"%s\",\"name\":\"n\",\"ttl\":\"PT1H\"}".formatted(owner))
                .text("id");
        assertThat(admin.post("/v1/keys/" + key + "/revoke", "{}").status()).isEqualTo(200);
        awaitDelivery(owner, "delivered");
        return NoticeId.parse(noticesOf(owner).get(0).get("id").asText()).orElseThrow();
    }

    private static String stateOfAll(String webhook) {
        return admin.get("/v1/deliveries?webhookId=" + webhook).body();
    }

    @Test
    void a_delivery_planned_before_a_webhook_was_deleted_is_not_added_after_it() {
        NoticeId notice = notice(owner());
        String id = webhook(owner()).text("id");
        WebhookId gone = deleted(id);

        var deliveries = node.bean(DeliveryTable.class);
        deliveries.addCall(
                notice, gone, "http://localhost/", node.bean(Postgres.class).now());

        assertThat(stateOfAll(id)).doesNotContain("pending");
    }

    @Test
    void a_delivery_that_is_being_added_while_its_webhook_is_deleted_is_cancelled() {
        NoticeId notice = notice(owner());
        String id = webhook(owner()).text("id");
        WebhookId webhook = WebhookId.parse(id).orElseThrow();
        var postgres = node.bean(Postgres.class);
        CompletableFuture<WebhookId> deletion = postgres.inTransaction(() -> {
            node.bean(DeliveryTable.class)
                    .addCall(
                            notice,
                            webhook,
                            receiver.url("/" + owner()),
                            postgres.now().plus(Duration.ofDays(1)));
            CompletableFuture<WebhookId> begun = CompletableFuture.supplyAsync(() -> deleted(id));
            await().atMost(10, SECONDS)
                    .until(() -> begun.isDone() || stores.waiting("SELECT %FROM webhook%FOR UPDATE") > 0);
            return begun;
        });
        deletion.join();

        assertThat(stateOfAll(id)).doesNotContain("pending").contains("cancelled");
    }

    @Test
    void a_dead_delivery_retried_while_its_webhook_is_deleted_does_not_stay_pending() throws Exception {
        String owner = owner();
        String id = webhook(owner).text("id");
        sql("UPDATE webhook SET description = ? WHERE url LIKE ?", owner, "%" + owner);
        receiver.answer(410, "");
        String key = admin.issue("{\"owner\":\"%s\",\"name\":\"n\",\"ttl\":\"PT1H\"}".formatted(owner))
                .text("id");
        assertThat(admin.post("/v1/keys/" + key + "/revoke", "{}").status()).isEqualTo(200);
        await().atMost(20, SECONDS).until(() -> deliveriesOf(owner).size() == 1);
        sql(
                "UPDATE delivery SET state = 'dead', next_attempt_at = NULL, ended_at = now() WHERE target LIKE ?",
                "%" + owner);
        receiver.answer(204, "");
        CompletableFuture<Integer> replayed;
        try (Connection deletion = stores.connect();
                Statement statement = deletion.createStatement()) {
            deletion.setAutoCommit(false);
            statement.execute("SELECT FROM webhook WHERE description = '" + owner + "' FOR UPDATE");
            // The remaining statement of a deletion whose transaction is open.
            statement.execute("UPDATE webhook SET deleted_at = now(), disabled_at = now(), disabled_because = 'deleted'"
                    + " WHERE description = '" + owner + "'");
            replayed = CompletableFuture.supplyAsync(
                    () -> admin.post("/v1/webhooks/" + id + "/replay", "{}").status());
            await().atMost(10, SECONDS).until(() -> replayed.isDone() || stores.waiting("UPDATE delivery%") > 0);
            deletion.commit();
        }
        replayed.join();
        assertThat(stateOfAll(id)).doesNotContain("pending").contains("dead");
    }

    @Test
    void one_webhook_whose_url_is_no_url_stops_no_other_and_waits_until_it_is_given_one() {
        String broken = owner();
        String id = webhook(broken).text("id");
        sql("UPDATE webhook SET url = 'http://exa mple/^[' WHERE url LIKE ?", "%" + broken);
        revoke(broken);
        String owner = owner();
        webhook(owner);
        revoke(owner);
        awaitDelivery(owner, "delivered");

        awaitAttempts(broken, 1);
        assertThat(deliveriesOf(broken).get(0).get("state").asText()).isEqualTo("pending");
        String delivery = deliveriesOf(broken).get(0).get("id").asText();
        assertThat(admin.get("/v1/deliveries/" + delivery).body()).contains("invalid URL");
        assertThat(admin.get("/v1/webhooks/" + id).body()).contains("exa%20mple");

        assertThat(admin.patch("/v1/webhooks/" + id, "{\"url\":\"" + receiver.url("/" + broken) + "\"}")
                        .status())
                .isEqualTo(200);
        endPauses(broken);
        awaitDelivery(broken, "delivered");
    }

    private static void revoke(String owner) {
        String key = admin.issue("{\"owner\":\"%s\",\"name\":\"n\",\"ttl\":\"PT1H\"}".formatted(owner))
                .text("id");
        assertThat(admin.post("/v1/keys/" + key + "/revoke", "{}").status()).isEqualTo(200);
    }
}
