package io.keylapse.expiry;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.RedisName;
import io.keylapse.harness.Stores;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Each fast path without its slow path, and the other way round. */
class PairsIT {
    private static final Logger LOG = LoggerFactory.getLogger(PairsIT.class);
    private static final int KEYS = 100;

    @Test
    void without_the_sweep_unannounced_expiries_are_lost_and_with_it_none_are() {
        try (Stores stores = Stores.own()) {
            announceExpiries(stores, false);
            try (Node node = Node.start(stores, Map.of("keylapse.expiry.sweep", false))) {
                byte[][] names = issue(node, Duration.ofSeconds(2)).stream()
                        .map(key -> RedisName.of(key.text("key")))
                        .toArray(byte[][]::new);
                node.awaitRedisFollowed();
                await().atMost(20, SECONDS).until(() -> stores.redis(commands -> commands.exists(names)) == 0);
                announceExpiries(stores, true);
                // A node without notifications has resigned as leader of the recorder, and becomes leader again when it
                // receives some.
                await().atMost(30, SECONDS).pollInterval(Duration.ofSeconds(1)).until(() -> {
                    node.admin().issue("late", Duration.ofSeconds(1));
                    return recorded(node, "late") > 0;
                });

                int recorded = recorded(node, "acme");
                LOG.warn("without the sweep {} of {} unannounced expiries are missing", KEYS - recorded, KEYS);
                assertThat(recorded).isLessThan(KEYS);
            }
            try (Node node = Node.start(stores, Map.of())) {
                await().atMost(10, SECONDS).until(() -> recorded(node, "acme") == KEYS);
            }
        }
    }

    @Test
    void with_the_listener_and_the_prompter_off_every_expiry_keeps_its_bound() {
        try (Stores stores = Stores.own();
                Node node = Node.start(
                        stores, Map.of("keylapse.expiry.listener", false, "keylapse.expiry.prompter", false))) {
            issue(node, Duration.ofSeconds(3));
            await().atMost(15, SECONDS).until(() -> recorded(node, "acme") == KEYS);

            List<Duration> lags = new ArrayList<>();
            node.admin()
                    .get("/v1/blacklist?owner=acme&limit=500")
                    .json()
                    .get("items")
                    .forEach(entry -> lags.add(Duration.between(
                            Instant.parse(entry.get("endedAt").asText()),
                            Instant.parse(entry.get("recordedAt").asText()))));
            assertThat(lags).allSatisfy(lag -> assertThat(lag).isLessThan(Duration.ofSeconds(2)));
        }
    }

    @Test
    void expiries_are_recorded_in_time_after_postgres_is_back_however_long_it_was_down() {
        try (Stores stores = Stores.own();
                Node node = Node.start(stores, Map.of())) {
            Instant last =
                    Instant.parse(issue(node, Duration.ofSeconds(6)).getLast().text("expiresAt"));
            stores.interruptPostgres();
            // By then, a pool that doubles its delay after each failure waits for seconds.
            await().atMost(20, SECONDS).until(() -> Instant.now().isAfter(last.plusSeconds(3)));
            stores.resumePostgres();

            await().atMost(4, SECONDS)
                    .ignoreExceptions()
                    .pollInterval(Duration.ofMillis(50))
                    .until(() -> recorded(node, "acme") == KEYS);
        }
    }

    private static List<Answer> issue(Node node, Duration ttl) {
        return IntStream.range(0, KEYS)
                .mapToObj(_ -> node.admin().issue("acme", ttl))
                .toList();
    }

    private static void announceExpiries(Stores stores, boolean on) {
        stores.redis(commands -> commands.configSet("notify-keyspace-events", on ? "Ex" : ""));
    }

    private static int recorded(Node node, String owner) {
        return node.admin()
                .get("/v1/blacklist?limit=500&owner=" + owner)
                .json()
                .get("items")
                .size();
    }
}
