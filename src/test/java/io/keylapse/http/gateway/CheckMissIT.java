package io.keylapse.http.gateway;

import static io.keylapse.http.gateway.Refusals.assertRefused;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.active.ActiveKeys;
import io.keylapse.active.KeyChanges;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.CloseAfterTests;
import io.keylapse.harness.Node;
import io.keylapse.harness.RedisName;
import io.keylapse.harness.Stores;
import io.keylapse.key.KeyFormat;
import io.keylapse.key.KeyName;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** If Postgres does not answer, misses get 503, and other checks are not affected. */
class CheckMissIT {
    private static final KeyFormat FORMAT = new KeyFormat("kl", List.of());

    private static final Stores stores = Stores.own();
    // A node with a near cache would have no misses of good keys.
    private static final Node node = Node.start(stores, Map.of("keylapse.check.near-cache.max-size", 0))
            // Otherwise Redis would be refilled while a test needs it empty.
            .awaitRedisFollowed();
    private static final Node narrow =
            Node.start(stores, Map.of("keylapse.check.miss-concurrency", 1, "keylapse.check.near-cache.max-size", 0));
    private static final ExecutorService callers =
            CloseAfterTests.register(Executors.newVirtualThreadPerTaskExecutor());

    @Test
    void flood_of_misses_beyond_the_bulkhead_is_unavailable_and_takes_one_query() throws SQLException {
        String good = issue();
        narrow.awaitKnownToRedis(good);
        double before = lookUps(narrow);
        try (var _ = stores.lock("api_key")) {
            List<CompletableFuture<Answer>> flood = IntStream.range(0, 40)
                    .mapToObj(i -> check(narrow, FORMAT.generate().reveal()))
                    .toList();
            assertThat(narrow.anonymous().check(good).status()).isEqualTo(200);

            flood.forEach(each -> assertUnavailable(each.join()));
            assertThat(lookUps(narrow) - before).isEqualTo(1);
            assertThat(narrow.anonymous().check(good).status()).isEqualTo(200);
        }
        await().atMost(10, SECONDS)
                .untilAsserted(() ->
                        assertRefused(narrow.anonymous().check(FORMAT.generate().reveal()), 401, "KEY_UNKNOWN"));
    }

    @Test
    void all_who_ask_for_one_missing_key_share_one_query() throws SQLException {
        String good = issue();
        double before = lookUps(node);
        try (var _ = stores.lock("api_key")) {
            // Not earlier, because a follower might write the key again.
            stores.redis(commands -> commands.flushall());
            List<CompletableFuture<Answer>> sharing =
                    IntStream.range(0, 60).mapToObj(i -> check(node, good)).toList();

            sharing.forEach(each -> assertUnavailable(each.join()));
            assertThat(lookUps(node) - before).isEqualTo(1);
        }
        await().atMost(10, SECONDS).until(() -> node.anonymous().check(good).status() == 200);
    }

    @Test
    void misses_that_wait_do_not_delay_other_checks() throws SQLException {
        String good = issue();
        node.awaitKnownToRedis(good);
        try (var _ = stores.lock("api_key")) {
            List<CompletableFuture<Answer>> waiting = IntStream.range(0, 16)
                    .mapToObj(i -> check(node, FORMAT.generate().reveal()))
                    .toList();
            await().atMost(10, SECONDS).until(() -> stores.waiting("SELECT%FROM api_key%AND digest = $2") > 0);

            List<CompletableFuture<Answer>> others =
                    IntStream.range(0, 50).mapToObj(i -> check(node, good)).toList();
            others.forEach(each -> assertThat(each.join().status()).isEqualTo(200));
            assertRefused(node.anonymous().get("/check"), 401, "KEY_MISSING");
            assertRefused(node.anonymous().check("junk"), 401, "KEY_MALFORMED");
            waiting.forEach(each -> assertUnavailable(each.join()));
        }
    }

    @Test
    void a_burst_of_misses_waits_for_its_turn_instead_of_being_refused() {
        List<String> keys = IntStream.range(0, 100).mapToObj(i -> issue()).toList();
        stores.redis(commands -> commands.flushall());
        try (var patient = patient(2)) {
            List<CompletableFuture<Answer>> burst =
                    keys.stream().map(key -> check(patient, key)).toList();
            burst.forEach(each -> assertThat(each.join().status()).isEqualTo(200));
        }
    }

    @Test
    void a_flood_of_keys_that_redis_does_not_have_is_looked_up_at_a_steady_pace() {
        String good = issue();
        try (var paced = paced()) {
            paced.awaitKnownToRedis(good);
            List<Integer> statuses =
                    IntStream.range(0, 50)
                            .mapToObj(i -> check(paced, FORMAT.generate().reveal()))
                            .toList()
                            .stream()
                            .map(each -> each.join().status())
                            .toList();

            assertThat(statuses).containsOnly(401, 503);
            assertThat(statuses.stream().filter(each -> each == 401)).hasSizeLessThan(10);
            assertThat(paced.anonymous().check(good).status()).isEqualTo(200);
            await().untilAsserted(() ->
                    assertRefused(paced.anonymous().check(FORMAT.generate().reveal()), 401, "KEY_UNKNOWN"));
        }
    }

    @Test
    void keys_that_redis_cannot_be_asked_for_are_looked_up_at_any_pace() {
        List<String> keys = IntStream.range(0, 50).mapToObj(i -> issue()).toList();
        try (var paced = paced()) {
            stores.interruptRedis();
            List<CompletableFuture<Answer>> burst =
                    keys.stream().map(key -> check(paced, key)).toList();
            burst.forEach(each -> assertThat(each.join().status()).isEqualTo(200));
        } finally {
            stores.resumeRedis();
            node.awaitRedisFollowed();
        }
    }

    @Test
    void a_read_that_a_change_has_overtaken_does_not_refill_redis() throws SQLException {
        String good = issue();
        KeyName name = FORMAT.parse(good).orElseThrow().digest().name();
        forget(name);
        try (var patient = patient(16)) {
            CompletableFuture<Answer> answer;
            try (var _ = stores.lock("api_key")) {
                answer = check(patient, good);
                await().atMost(10, SECONDS).until(() -> stores.waiting("SELECT%FROM api_key%AND digest = $2") == 1);
                patient.bean(KeyChanges.class).announce(new KeyChanges.Change(name, 1, null));
            }
            assertThat(answer.join().status()).isEqualTo(200);
            assertThat(patient.bean(ActiveKeys.class)
                            .find(name)
                            .toCompletableFuture()
                            .join())
                    .isEmpty();

            assertThat(patient.anonymous().check(good).status()).isEqualTo(200);
            await().atMost(10, SECONDS)
                    .until(() -> patient.bean(ActiveKeys.class)
                            .find(name)
                            .toCompletableFuture()
                            .join()
                            .isPresent());
        }
    }

    /** A node whose checks wait long for Postgres, with that many concurrent look-ups. */
    private static Node patient(int concurrency) {
        return Node.start(
                stores, Map.of("keylapse.check.miss-timeout", "PT20S", "keylapse.check.miss-concurrency", concurrency));
    }

    /** A node that looks up at most five keys per second that Redis does not have. */
    private static Node paced() {
        Node paced = Node.start(stores, Map.of("keylapse.check.miss-rate", 5, "keylapse.check.near-cache.max-size", 0));
        paced.awaitRedisFollowed();
        return paced;
    }

    private static void assertUnavailable(Answer answer) {
        assertRefused(answer, 503, "STORE_UNAVAILABLE");
        assertThat(answer.header("Retry-After")).isNotNull();
    }

    private static CompletableFuture<Answer> check(Node asked, String key) {
        return CompletableFuture.supplyAsync(() -> asked.anonymous().check(key), callers);
    }

    private static String issue() {
        return node.issue(Duration.ofDays(1)).text("key");
    }

    /** The number of look-ups that this node has sent to Postgres. */
    private static double lookUps(Node node) {
        return node.bean(MeterRegistry.class)
                .get("keylapse.check.lookups")
                .functionCounter()
                .count();
    }

    /** Deletes a key from Redis after the change feed has handled it, so that only a refill writes it again. */
    private static void forget(KeyName name) {
        node.awaitRedisFollowed();
        long deleted = stores.redis(commands -> commands.del(RedisName.of(name)));
        assertThat(deleted).isEqualTo(1);
    }
}
