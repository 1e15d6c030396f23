package io.keylapse.check;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.active.KeyChanges;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.key.KeyFormat;
import io.keylapse.key.KeyName;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Repeated checks of an invalid key are cheap, and nobody is refused because of them. */
class NegativeCacheIT {
    private static final KeyFormat FORMAT = new KeyFormat("kl", List.of());

    private static final Stores stores = Stores.own();
    private static final Node node = Node.start(stores, Map.of("keylapse.check.miss-timeout", "PT20S"))
            // Otherwise Redis would be refilled while a test needs it empty.
            .awaitRedisFollowed();
    private static final Node other = Node.start(stores, Map.of());

    @Test
    void what_was_said_of_an_ended_or_unknown_key_is_said_again_without_asking_postgres() throws SQLException {
        String unknown = FORMAT.generate().reveal();
        Answer revoked = node.issue(Duration.ofDays(1));
        node.admin().delete("/v1/keys/" + revoked.text("id"));
        node.awaitChangesSeen();
        letPostgresSay("KEY_UNKNOWN", unknown);
        letPostgresSay("KEY_REVOKED", revoked.text("key"));

        try (var _ = stores.lock("api_key")) {
            for (int i = 0; i < 100; i++) {
                assertThat(code(unknown)).isEqualTo("KEY_UNKNOWN");
                assertThat(code(revoked.text("key"))).isEqualTo("KEY_REVOKED");
            }
        }
    }

    @Test
    void what_was_said_of_an_expired_key_is_said_again_once_the_feed_has_seen_no_renewal() throws SQLException {
        String key = node.issue(Duration.ofSeconds(1)).text("key");
        await().atMost(10, SECONDS).until(() -> code(key).equals("KEY_EXPIRED"));
        letPostgresSay("KEY_EXPIRED", key);
        long before = lookUps();

        for (int i = 0; i < 10; i++) {
            assertThat(code(key)).isEqualTo("KEY_EXPIRED");
        }

        assertThat(lookUps()).isEqualTo(before);
    }

    @Test
    void what_was_said_in_an_earlier_history_or_before_the_feed_began_is_not_said_again() {
        var cache = node.bean(NegativeCache.class);
        NegativeCache.AsOf now = cache.now();
        var name = new KeyName("of another time.".getBytes(US_ASCII));

        for (var earlier : List.of(
                new NegativeCache.AsOf(now.generation() - 1, now.timesForgotten()),
                new NegativeCache.AsOf(now.generation(), now.timesForgotten() - 1))) {
            cache.remember(name, new Verdict.Unknown(), earlier);
            assertThat(cache.find(name).toCompletableFuture().join()).isEmpty();
        }

        cache.remember(name, new Verdict.Unknown(), now);
        assertThat(cache.find(name).toCompletableFuture().join()).contains(new Verdict.Unknown());
    }

    /** Empties Redis and checks a key, until Postgres has answered: a node may be filling Redis again. */
    private static void letPostgresSay(String code, String key) {
        await().atMost(20, SECONDS).until(() -> {
            stores.redis(commands -> commands.flushall());
            long before = lookUps();
            assertThat(code(key)).isEqualTo(code);
            return lookUps() > before;
        });
    }

    private static long lookUps() {
        return node.bean(PostgresFallback.class).lookUps();
    }

    @Test
    void a_key_that_expired_is_good_as_soon_as_it_is_renewed_here_or_on_another_node() {
        for (Node renewing : List.of(node, other)) {
            Answer issued = node.issue(Duration.ofSeconds(1));
            await().atMost(10, SECONDS).until(() -> code(issued.text("key")).equals("KEY_EXPIRED"));
            renew(renewing, issued);
            assertThat(node.anonymous().check(issued.text("key")).status()).isEqualTo(200);
        }
    }

    @Test
    void a_key_renewed_on_another_node_is_not_refused_as_expired_even_if_redis_lacks_it() {
        Answer issued = node.issue(Duration.ofSeconds(1));
        await().atMost(10, SECONDS).until(() -> code(issued.text("key")).equals("KEY_EXPIRED"));
        stores.interruptRedis();
        try {
            assertThat(code(issued.text("key"))).isEqualTo("KEY_EXPIRED");
            renew(other, issued);
            assertThat(node.anonymous().check(issued.text("key")).status()).isEqualTo(200);
        } finally {
            stores.resumeRedis();
        }
    }

    @Test
    void a_read_that_a_change_has_overtaken_is_not_remembered() throws SQLException {
        String unknown = FORMAT.generate().reveal();
        KeyName name = FORMAT.parse(unknown).orElseThrow().digest().name();
        CompletableFuture<String> answer;
        try (var _ = stores.lock("api_key")) {
            answer = CompletableFuture.supplyAsync(() -> code(unknown));
            await().atMost(10, SECONDS).until(() -> stores.waiting("SELECT%FROM api_key%AND digest = $2") == 1);
            node.bean(KeyChanges.class).announce(new KeyChanges.Change(name, 1, null));
        }
        assertThat(answer.join()).isEqualTo("KEY_UNKNOWN");
        assertThat(node.bean(NegativeCache.class)
                        .find(name)
                        .toCompletableFuture()
                        .join())
                .isEmpty();

        assertThat(code(unknown)).isEqualTo("KEY_UNKNOWN");
        assertThat(node.bean(NegativeCache.class)
                        .find(name)
                        .toCompletableFuture()
                        .join())
                .isPresent();
        node.bean(KeyChanges.class).announce(new KeyChanges.Change(name, 1, null));
        assertThat(node.bean(NegativeCache.class)
                        .find(name)
                        .toCompletableFuture()
                        .join())
                .isEmpty();
    }

    private static void renew(Node renewing, Answer issued) {
        Answer renewed = renewing.admin().post("/v1/keys/" + issued.text("id") + "/renew", "{\"ttl\":\"P1D\"}");
        assertThat(renewed.status()).as(renewed.body()).isEqualTo(200);
    }

    private static String code(String key) {
        return String.valueOf(node.anonymous().check(key).header("X-Key-Code"));
    }
}
