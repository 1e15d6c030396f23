package io.keylapse.degraded;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.keylapse.harness.Client.Answer;
import io.lettuce.core.ClientListArgs;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/**
 * The rows of docs/degraded-modes.md in which Redis announces no expiry: each expiry is recorded all the same, exactly
 * once.
 */
class DegradedNotificationsIT {
    /** The limit for recording every expiry while Postgres is healthy. */
    private static final Duration BOUND = Duration.ofSeconds(4);

    private static final WiredNode wired = new WiredNode();

    @Test
    void notifications_switched_off() {
        wired.setRedis("notify-keyspace-events", "");
        try {
            wired.awaitDegraded("notify-keyspace-events is \"\"");
            wired.awaitDegraded("set it to Ex");
            Answer good = wired.issue();
            JsonNode entry = recorded(wired.issue(Duration.ofSeconds(1)));
            assertThat(entry.get("source").asText()).isEqualTo("sweep");
            assertThat(lag(entry)).isLessThanOrEqualTo(BOUND);
            assertThat(wired.check(good).status()).isEqualTo(200);
        } finally {
            wired.setRedis("notify-keyspace-events", "Ex");
        }
        awaitNotification();
    }

    @Test
    void subscriber_cut_by_the_output_buffer_limit() {
        awaitNotification();
        String before = subscriber();
        String limit = wired.stores
                .redis(commands -> commands.configGet("client-output-buffer-limit"))
                .get("client-output-buffer-limit");
        wired.setRedis("client-output-buffer-limit", "pubsub 32kb 0 0");
        List<Answer> lapsing = IntStream.range(0, 20)
                .mapToObj(_ -> wired.issue(Duration.ofSeconds(2)))
                .toList();
        Instant last = Instant.parse(lapsing.getLast().text("expiresAt"));
        try {
            // A message over the limit has the same effect as many messages that were not read in time.
            var tooMuch = new byte[1 << 20];
            await().atMost(20, SECONDS).until(() -> {
                wired.stores.redis(commands -> commands.publish("__keyevent@0__:expired".getBytes(US_ASCII), tooMuch));
                return Instant.now().isAfter(last.plusMillis(200));
            });
        } finally {
            wired.setRedis("client-output-buffer-limit", limit);
        }

        lapsing.forEach(each -> assertThat(lag(recorded(each))).isLessThanOrEqualTo(BOUND));
        awaitNotification();
        assertThat(subscriber()).isNotEqualTo(before);
        assertThat(entries().map(entry -> entry.get("keyId").asText())).doesNotHaveDuplicates();
    }

    /** Waits until an expiry is recorded from its notification again. */
    private static void awaitNotification() {
        await().atMost(30, SECONDS)
                .until(() -> recorded(wired.issue(Duration.ofSeconds(1)))
                        .get("source")
                        .asText()
                        .equals("notification"));
    }

    private static JsonNode recorded(Answer issued) {
        String owner = issued.text("owner");
        await().atMost(20, SECONDS).until(() -> blacklist("?owner=" + owner).size() == 1);
        return blacklist("?owner=" + owner).get(0);
    }

    private static Stream<JsonNode> entries() {
        return StreamSupport.stream(blacklist("?limit=500").spliterator(), false);
    }

    private static JsonNode blacklist(String query) {
        return wired.node.admin().get("/v1/blacklist" + query).json().get("items");
    }

    private static Duration lag(JsonNode entry) {
        return Duration.between(
                Instant.parse(entry.get("endedAt").asText()),
                Instant.parse(entry.get("recordedAt").asText()));
    }

    /** The id of the only subscribed connection of Redis. */
    private static String subscriber() {
        return wired.stores
                .redis(commands -> commands.clientList(ClientListArgs.Builder.typePubsub()))
                .replaceFirst("(?s)^id=(\\d+) .*$", "$1");
    }
}
