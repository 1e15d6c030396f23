package io.keylapse.degraded;

import static io.keylapse.degraded.WiredNode.LONG;
import static io.keylapse.degraded.WiredNode.assertUnavailable;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.active.trust.VersionFloors;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.harness.TcpProxy;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Both values of {@code keylapse.check.when-stale}, while Postgres is down and Redis still has the key. */
class WhenStaleIT {
    private static final Duration STALE_AFTER = Duration.ofSeconds(1);

    @Test
    void good_key_that_only_redis_knows_is_served_or_refused_with_503_as_was_chosen() {
        try (var stores = Stores.own();
                var serving = node(stores, "serve");
                var refusing = node(stores, "refuse")) {
            Answer good = serving.admin().issue("stale", LONG);
            Answer revoked = serving.admin().issue("stale", LONG);
            serving.admin().delete("/v1/keys/" + revoked.text("id"));
            serving.awaitKnownToRedis(good.text("key"));
            refusing.awaitKnownToRedis(good.text("key"));
            await().atMost(10, SECONDS)
                    .until(() -> "KEY_REVOKED".equals(check(refusing, revoked).header("X-Key-Code")));

            stores.interruptPostgres();
            await().atMost(20, SECONDS).until(() -> isStale(serving) && isStale(refusing));

            assertUnavailable(check(refusing, good));
            assertThat(check(serving, good).status()).isEqualTo(200);
            // A revocation cannot be undone, so it needs no fresh read.
            assertThat(check(refusing, revoked).header("X-Key-Code")).isEqualTo("KEY_REVOKED");

            stores.resumePostgres();
            await().atMost(20, SECONDS).until(() -> {
                Answer answer = check(refusing, good);
                assertThat(answer.status()).isIn(200, 503);
                return answer.status() == 200;
            });
        }
    }

    @Test
    void node_that_follows_no_changes_but_can_read_postgres_does_not_trust_redis() throws SQLException {
        try (var stores = Stores.own();
                var revoker = node(stores, "serve");
                var serving = node(stores, "serve")) {
            Answer good = serving.admin().issue("stale", LONG);
            Answer toRevoke = serving.admin().issue("stale", LONG);
            serving.awaitKnownToRedis(good.text("key"));
            serving.awaitKnownToRedis(toRevoke.text("key"));

            // Every read of the feed fails, and nothing else.
            stores.run("ALTER FUNCTION change_horizon() RENAME TO out_of_order");
            await().atMost(20, SECONDS).until(() -> isStale(serving));
            assertThat(revoker.admin().delete("/v1/keys/" + toRevoke.text("id")).text("enforcement"))
                    .isEqualTo("pending");

            assertThat(check(serving, toRevoke).header("X-Key-Code")).isEqualTo("KEY_REVOKED");
            assertThat(check(serving, good).status()).isEqualTo(200);
        }
    }

    @Test
    void answer_of_postgres_that_is_as_old_as_a_stale_node_is_not_given() {
        try (var stores = Stores.own();
                var toPostgres = new TcpProxy(stores.postgresUrl());
                var toRedis = new TcpProxy(stores.redisUri());
                var node = Node.start(
                        stores,
                        Map.of(
                                "keylapse.postgres.url", toPostgres.reaching(stores.postgresUrl()),
                                "keylapse.redis.uri", toRedis.reaching(stores.redisUri()),
                                "keylapse.check.stale-after", STALE_AFTER.toString(),
                                "keylapse.check.near-cache.max-size", 0,
                                "keylapse.check.miss-timeout", "PT10S"))) {
            Answer good = node.admin().issue("stale", LONG);
            toRedis.refuse();
            await().atMost(10, SECONDS).until(() -> check(node, good).status() == 200);
            toPostgres.delay(STALE_AFTER);
            assertUnavailable(check(node, good));
        }
    }

    private static Node node(Stores stores, String whenStale) {
        return Node.start(
                stores,
                Map.of(
                        "keylapse.check.when-stale",
                        whenStale,
                        "keylapse.check.stale-after",
                        STALE_AFTER.toString(),
                        "keylapse.redis.write-through",
                        false));
    }

    private static boolean isStale(Node node) {
        return node.bean(VersionFloors.class).age().compareTo(STALE_AFTER) > 0;
    }

    private static Answer check(Node node, Answer issued) {
        return node.anonymous().check(issued.text("key"));
    }
}
