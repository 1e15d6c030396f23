package io.keylapse.notice;

import static io.keylapse.harness.Client.quote;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.keylapse.harness.Client;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.notice.WebhookReceiver.Call;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeAll;

/** Base of tests with a node that sends notices, and a receiver. */
@NullUnmarked
abstract class NoticeTests {
    static final String ENCRYPTION_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

    /** Separate stores, so that no other node plans or delivers these notices. */
    static Stores stores;

    static WebhookReceiver receiver;
    static Node node;
    static Client admin;

    @BeforeAll
    static void start() {
        receiver = new WebhookReceiver();
        stores = Stores.own();
        node = Node.start(stores, settings());
        admin = node.admin();
    }

    /** The settings with which a node may call the receiver. */
    static Map<String, Object> settings() {
        var settings = new HashMap<String, Object>();
        settings.put("keylapse.encryption-key", ENCRYPTION_KEY);
        settings.put("keylapse.webhooks.allow-http", true);
        settings.put("keylapse.webhooks.allowed-networks", List.of("127.0.0.0/8"));
        settings.put("keylapse.webhooks.ports", List.of(receiver.port()));
        // Without effect until uses are known for so long.
        settings.put("keylapse.notices.skip-unused-for", "P30D");
        return settings;
    }

    static String owner() {
        return Node.owner();
    }

    /** A webhook for the keys of this owner, with its own path. */
    static Answer webhook(String owner, String... events) {
        Answer made = admin.post(
                "/v1/webhooks",
                "{\"url\":%s,\"owners\":[%s],\"events\":[%s]}"
                        .formatted(
                                quote(receiver.url("/" + owner)),
                                quote(owner),
                                String.join(
                                        ",",
                                        List.of(events).stream()
                                                .map(Client::quote)
                                                .toList())));
        assertThat(made.status()).as(made.body()).isEqualTo(201);
        return made;
    }

    static List<Call> calls(String owner) {
        return receiver.calls("/" + owner);
    }

    /** Waits until this owner's webhook was called that often, and returns the calls. */
    static List<Call> awaitCalls(String owner, int count) {
        await().atMost(20, SECONDS).until(() -> calls(owner).size() >= count);
        return calls(owner);
    }

    static JsonNode noticesOf(String owner) {
        return admin.get("/v1/notices?owner=" + owner).json().get("items");
    }

    /** The deliveries of the only notice of this owner. */
    static JsonNode deliveriesOf(String owner) {
        JsonNode notices = noticesOf(owner);
        return notices.isEmpty() ? notices : notices.get(0).get("deliveries");
    }

    /** Waits until the only delivery of this owner has that many stored attempts. */
    static JsonNode awaitAttempts(String owner, int attempts) {
        await().atMost(30, SECONDS).until(() -> {
            JsonNode delivery = deliveriesOf(owner).path(0);
            return delivery.path("attempts").asInt() == attempts
                    && admin.get("/v1/deliveries/" + delivery.path("id").asText())
                                    .json()
                                    .path("log")
                                    .size()
                            == attempts;
        });
        return deliveriesOf(owner).get(0);
    }

    static JsonNode awaitDelivery(String owner, String state) {
        await().atMost(20, SECONDS)
                .until(() ->
                        state.equals(deliveriesOf(owner).path(0).path("state").asText()));
        return deliveriesOf(owner).get(0);
    }

    static int sql(String sql, Object... parameters) {
        return stores.run(sql, parameters);
    }

    /** Ends the pause before the next attempt of this owner's deliveries. */
    static void endPauses(String owner) {
        sql(
                "UPDATE delivery SET next_attempt_at = now() FROM notice WHERE notice.id = notice_id AND owner = ?"
                        + " AND delivery.state = 'pending'",
                owner);
    }
}
