package io.keylapse.degraded;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.RedisName;
import io.keylapse.harness.Stores;
import io.keylapse.harness.TcpProxy;
import io.keylapse.key.KeyFormat;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;

/** A node with its own stores, connected through proxies that a test can cut, slow down or block. */
final class WiredNode {
    static final Duration LONG = Duration.ofDays(1);
    private static final KeyFormat FORMAT = new KeyFormat("kl", List.of());

    final Stores stores = Stores.own();
    final TcpProxy toRedis = new TcpProxy(stores.redisUri());
    final TcpProxy toPostgres = new TcpProxy(stores.postgresUrl());
    final Node node = Node.start(
                    stores,
                    Map.of(
                            "keylapse.redis.uri", toRedis.reaching(stores.redisUri()),
                            "keylapse.postgres.url", toPostgres.reaching(stores.postgresUrl()),
                            // The near cache would hide problems of the stores for two seconds.
                            "keylapse.check.near-cache.max-size", 0))
            // Until Redis is trusted, every check reads Postgres.
            .awaitRedisFollowed();

    /** Repairs both connections and waits until both stores are reachable and trusted, as every test expects. */
    void heal() {
        stores.resumeRedis();
        stores.resumePostgres();
        toRedis.heal();
        toPostgres.heal();
        // Only a miss reads both stores.
        await().atMost(30, SECONDS)
                .ignoreExceptions()
                .until(() -> checkUnissued().status() == 401
                        && breaker("redis") == 0
                        && breaker("postgres") == 0
                        && readiness().text("status").equals("UP")
                        && issue().text("enforcement").equals("applied"));
    }

    Answer issue() {
        return issue(LONG);
    }

    Answer issue(Duration ttl) {
        return node.issue(ttl);
    }

    /** A valid key that Redis does not have. */
    Answer issueAndForget() {
        Answer issued = issue();
        // Otherwise the change feed might write it again.
        node.awaitRedisFollowed();
        forget(issued);
        return issued;
    }

    /** An expired key. */
    Answer expired() {
        Answer issued = issue(Duration.ofSeconds(1));
        await().atMost(10, SECONDS).until(() -> check(issued).status() == 401);
        return issued;
    }

    Answer revoke(Answer issued) {
        return node.admin().delete("/v1/keys/" + issued.text("id"));
    }

    /** A revoked key with a tombstone in Redis. */
    Answer revoked() {
        Answer issued = issue();
        revoke(issued);
        return issued;
    }

    Answer check(Answer issued) {
        return node.anonymous().check(issued.text("key"));
    }

    Answer checkUnissued() {
        return node.anonymous().check(FORMAT.generate().reveal());
    }

    Answer readiness() {
        return node.anonymous().get("/health/readiness");
    }

    /** Waits until the node is degraded for a reason with these words, but still ready. */
    void awaitDegraded(String because) {
        await().atMost(20, SECONDS).untilAsserted(() -> {
            Answer readiness = readiness();
            assertThat(readiness.status()).isEqualTo(200);
            assertThat(readiness.text("status")).isEqualTo("DEGRADED");
            assertThat(StreamSupport.stream(
                                    readiness
                                            .json()
                                            .at("/details/stores/details/missing")
                                            .spliterator(),
                                    false)
                            .map(JsonNode::asText))
                    .anyMatch(reason -> reason.contains(because));
        });
    }

    /** 1 while checks bypass that store. */
    double breaker(String store) {
        return node.bean(MeterRegistry.class)
                .get("keylapse.store.breaker")
                .tag("store", store)
                .gauge()
                .value();
    }

    static void assertUnavailable(Answer answer) {
        assertRefused(answer, 503, "STORE_UNAVAILABLE");
        assertThat(answer.header("Retry-After")).matches("[1-9][0-9]*");
    }

    static void assertRefused(Answer answer, int status, String code) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(status);
        assertThat(answer.header("X-Key-Code")).isEqualTo(code);
    }

    void setRedis(String setting, String value) {
        stores.redis(commands -> commands.configSet(setting, value));
    }

    private void forget(Answer issued) {
        long deleted = stores.redis(commands -> commands.del(RedisName.of(issued.text("key"))));
        assertThat(deleted).isEqualTo(1);
    }
}
