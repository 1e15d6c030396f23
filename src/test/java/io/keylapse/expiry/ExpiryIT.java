package io.keylapse.expiry;

import static io.keylapse.harness.Node.owner;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.keylapse.harness.Client;
import io.keylapse.harness.Node;
import io.keylapse.harness.RedisName;
import io.keylapse.harness.Stores;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Each way of recording an expiry, alone and together with others. Nodes with other settings have their own stores.
 */
class ExpiryIT {
    private static final Map<String, Object> NOTHING_ON = Map.of(
            "keylapse.expiry.listener", false, "keylapse.expiry.prompter", false, "keylapse.expiry.sweep", false);

    private static final Stores stores = Stores.own();

    @Test
    void an_expiry_is_recorded_by_the_sweep_when_no_node_listens_to_redis() {
        try (var node = Node.start(stores, Map.of("keylapse.expiry.listener", false))) {
            JsonNode entry = entryAfterLapse(node, Duration.ofSeconds(1));
            assertThat(entry.get("source").asText()).isEqualTo("sweep");
            assertThat(lag(entry)).isLessThanOrEqualTo(Duration.ofSeconds(4));
        }
    }

    @Test
    void an_expiry_is_recorded_by_notification_when_there_is_no_sweep() {
        try (var node = Node.start(stores, Map.of("keylapse.expiry.sweep", false))) {
            node.awaitHearing();
            JsonNode entry = entryAfterLapse(node, Duration.ofSeconds(1));
            assertThat(entry.get("source").asText()).isEqualTo("notification");
        }
    }

    @Test
    void a_key_issued_by_another_node_is_prompted_too() {
        try (var issuing = Node.start(stores, NOTHING_ON);
                var recording = Node.start(stores, Map.of("keylapse.expiry.sweep", false))) {
            recording.awaitHearing();
            String owner = owner();
            issuing.admin().issue(owner, Duration.ofSeconds(2));
            JsonNode entry = awaitEntry(recording.admin(), owner);
            assertThat(entry.get("source").asText()).isEqualTo("notification");
            assertThat(lag(entry)).isLessThanOrEqualTo(Duration.ofSeconds(2));
        }
    }

    @Test
    void two_nodes_record_each_expiry_once() {
        try (var one = Node.start(stores, Map.of());
                var other = Node.start(stores, Map.of())) {
            String owner = owner();
            for (int i = 0; i < 50; i++) {
                (i % 2 == 0 ? one : other).admin().issue(owner, Duration.ofSeconds(2));
            }
            await().atMost(8, SECONDS).until(() -> entries(one.admin(), owner).size() == 50);
            assertThat(entries(other.admin(), owner)).hasSize(50);
        }
    }

    @Test
    void an_event_that_comes_early_is_held_until_the_key_is_due() {
        try (var node = Node.start(stores, Map.of("keylapse.expiry.prompter", false, "keylapse.expiry.sweep", false))) {
            node.awaitHearing();
            String owner = owner();
            String key = node.admin().issue(owner, Duration.ofSeconds(2)).text("key");
            announceExpiryOf(key);
            JsonNode entry = awaitEntry(node.admin(), owner);
            assertThat(entry.get("source").asText()).isEqualTo("notification");
            assertThat(Instant.parse(entry.get("recordedAt").asText()))
                    .isAfterOrEqualTo(Instant.parse(entry.get("endedAt").asText()));
        }
    }

    @Test
    void an_event_that_comes_again_records_nothing_more() {
        try (var node = Node.start(stores, Map.of())) {
            String owner = owner();
            String key = node.admin().issue(owner, Duration.ofSeconds(1)).text("key");
            awaitEntry(node.admin(), owner);
            for (int i = 0; i < 10; i++) {
                announceExpiryOf(key);
            }
            // Events are handled in order: once a later one is recorded, the repeated ones have been handled.
            awaitEntry(node.admin(), anotherThatLapses(node));
            assertThat(entries(node.admin(), owner)).hasSize(1);
        }
    }

    @Test
    void an_event_about_a_key_that_was_renewed_records_nothing() {
        try (var node = Node.start(stores, Map.of())) {
            node.awaitHearing();
            String owner = owner();
            var issued = node.admin().issue(owner, Duration.ofSeconds(5));
            assertThat(node.admin()
                            .post("/v1/keys/" + issued.text("id") + "/renew", "{\"ttl\":\"PT1H\"}")
                            .status())
                    .isEqualTo(200);
            announceExpiryOf(issued.text("key"));
            awaitEntry(node.admin(), anotherThatLapses(node));
            awaitEntry(node.admin(), anotherThatLapses(node));
            assertThat(entries(node.admin(), owner)).isEmpty();
            assertThat(node.anonymous().check(issued.text("key")).status()).isEqualTo(200);
        }
    }

    @Test
    void a_key_whose_deadline_was_brought_forward_is_recorded_in_time() {
        try (var node = Node.start(stores, Map.of())) {
            String owner = owner();
            String id = node.admin().issue(owner, Duration.ofHours(1)).text("id");
            var shortened = node.admin().post("/v1/keys/" + id + "/renew", "{\"ttl\":\"PT1S\"}");
            JsonNode entry = awaitEntry(node.admin(), owner);
            assertThat(entry.get("endedAt").asText()).isEqualTo(shortened.text("expiresAt"));
            assertThat(lag(entry)).isLessThanOrEqualTo(Duration.ofSeconds(2));
        }
    }

    @Test
    void the_end_of_a_grace_is_recorded_as_rotated() {
        try (var node = Node.start(stores, Map.of())) {
            String owner = owner();
            String id = node.admin().issue(owner, Duration.ofHours(1)).text("id");
            var successor = node.admin().post("/v1/keys/" + id + "/rotate", "{\"grace\":\"PT1S\"}");
            assertThat(successor.status()).isEqualTo(201);
            JsonNode entry = awaitEntry(node.admin(), owner);
            assertThat(entry.get("reason").asText()).isEqualTo("rotated");
            assertThat(entry.get("keyId").asText()).isEqualTo(id);
            assertThat(node.anonymous().check(successor.text("key")).status()).isEqualTo(200);
        }
    }

    @Test
    void what_expired_while_postgres_was_down_is_recorded_when_it_is_back() {
        try (var ownStores = Stores.own();
                var node = Node.start(ownStores, Map.of())) {
            String owner = owner();
            var issued = node.admin().issue(owner, Duration.ofSeconds(3));
            ownStores.interruptPostgres();
            await().atMost(10, SECONDS)
                    .until(() -> Instant.now()
                            .isAfter(Instant.parse(issued.text("expiresAt")).plusSeconds(1)));
            ownStores.resumePostgres();
            await().ignoreExceptions()
                    .atMost(20, SECONDS)
                    .until(() -> entries(node.admin(), owner).size() == 1);
        }
    }

    @Test
    void what_does_not_fit_into_the_queue_is_counted_and_left_to_the_sweep() {
        try (var node = Node.start(stores, Map.of("keylapse.expiry.queue-capacity", 1))) {
            String owner = owner();
            Instant deadline = Instant.now().plusSeconds(4);
            String wish = "{\"owner\":\"%s\",\"expiresAt\":\"%s\"}".formatted(owner, deadline);
            String wishes = String.join(",", Collections.nCopies(200, wish));
            assertThat(node.admin()
                            .post("/v1/keys:batch", "{\"keys\":[" + wishes + "]}")
                            .status())
                    .isEqualTo(200);
            await().atMost(15, SECONDS)
                    .until(() -> node.admin()
                                    .get("/v1/blacklist?limit=500&owner=" + owner)
                                    .json()
                                    .get("items")
                                    .size()
                            == 200);
            assertThat(node.anonymous().get("/prometheus").body().lines())
                    .filteredOn(line -> line.startsWith("keylapse_expiry_queue_dropped_total"))
                    .singleElement()
                    .satisfies(line -> assertThat(Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                            .isPositive());
        }
    }

    private static String anotherThatLapses(Node node) {
        String owner = owner();
        node.admin().issue(owner, Duration.ofSeconds(1));
        return owner;
    }

    private static JsonNode entryAfterLapse(Node node, Duration ttl) {
        String owner = owner();
        node.admin().issue(owner, ttl);
        return awaitEntry(node.admin(), owner);
    }

    private static JsonNode awaitEntry(Client admin, String owner) {
        return await().atMost(8, SECONDS)
                .until(() -> entries(admin, owner), found -> found.size() == 1)
                .get(0);
    }

    private static JsonNode entries(Client admin, String owner) {
        return admin.get("/v1/blacklist?owner=" + owner).json().get("items");
    }

    private static Duration lag(JsonNode entry) {
        return Duration.between(
                Instant.parse(entry.get("endedAt").asText()),
                Instant.parse(entry.get("recordedAt").asText()));
    }

    /** Publishes the message that Redis publishes at the deadline. */
    private static void announceExpiryOf(String key) {
        long subscribers = stores.redis(commands ->
                commands.publish("__keyevent@0__:expired".getBytes(StandardCharsets.US_ASCII), RedisName.of(key)));
        assertThat(subscribers).isPositive();
    }
}
