package io.keylapse.sync;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.sync.owner.TakeOver;
import java.sql.SQLException;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two installations are configured with the same Redis and the same prefix. */
class ForeignRedisIT {
    private static final Stores stores = Stores.own();
    private static final Keys.Redis redis = new Keys.Redis(stores);

    private Node node;

    @BeforeEach
    void startNode() {
        redis.commands().flushall();
        node = Node.start(stores, Map.of());
        node.awaitRedisFollowed();
    }

    private static Map<String, Object> onAnotherDatabase() throws SQLException {
        String name = "other_" + UUID.randomUUID().toString().replace("-", "");
        stores.run("CREATE DATABASE " + name);
        return Map.of("keylapse.postgres.url", stores.postgresUrl().replaceFirst("/[^/?]+(\\?|$)", "/" + name + "$1"));
    }

    /** The content of Redis except for the mark, which is renewed, and canaries. */
    private static Map<String, String> contents() {
        return redis.commands().keys("kl:*").stream()
                .filter(name -> name.length == "kl:".length() + 16)
                .collect(Collectors.toMap(
                        name -> new String(name, ISO_8859_1),
                        name -> new String(redis.commands().get(name), ISO_8859_1)));
    }

    @Test
    void the_second_is_refused_at_the_start_and_has_changed_nothing() throws SQLException {
        Answer key = Keys.issue(node, "P1D");
        node.awaitKnownToRedis(key.text("key"));
        Map<String, String> before = contents();

        assertThatThrownBy(() -> Node.start(stores, onAnotherDatabase()).close())
                .hasStackTraceContaining("belongs to another installation of Keylapse")
                .hasStackTraceContaining("KEYLAPSE_REDIS_KEY_PREFIX")
                .hasStackTraceContaining("keylapse take-over");

        assertThat(contents()).isEqualTo(before);
        assertThat(Keys.check(node, key).status()).isEqualTo(200);
    }

    @Test
    void redis_that_another_installation_takes_is_left_alone_until_it_is_given_back() {
        Answer key = Keys.issue(node, "P1D");
        node.awaitRedisFollowed();
        String mark = redis.markText();
        redis.setMark(mark.replaceFirst("^(\\d+) \\S+", "$1 " + UUID.randomUUID()));

        await().atMost(10, SECONDS)
                .untilAsserted(
                        () -> assertThat(node.admin().get("/health/readiness").body())
                                .contains("DEGRADED", "belongs to another installation of Keylapse"));
        Map<String, String> before = contents();
        Answer next = Keys.issue(node, "P1D");
        assertThat(Keys.check(node, next).status()).isEqualTo(200);
        assertThat(Keys.check(node, key).status()).isEqualTo(200);
        assertThat(Keys.revoke(node, key).text("enforcement")).isEqualTo("pending");
        assertThat(Keys.check(node, key).status()).isEqualTo(401);
        assertThat(contents()).isEqualTo(before);

        redis.setMark(mark);
        node.awaitRedisFollowed();
        assertThat(redis.version(key.text("key"))).isEqualTo(2);
        assertThat(Keys.revoke(node, next).text("enforcement")).isEqualTo("applied");
    }

    @Test
    void redis_is_taken_over_once_no_node_uses_it() throws SQLException {
        Answer key = Keys.issue(node, "P1D");
        TakeOver takeOver = node.bean(TakeOver.class);
        assertThat(takeOver.run().done()).isFalse();
        assertThat(takeOver.run().lines()).anyMatch(line -> line.contains("some node still uses it"));
        assertThat(Keys.revoke(node, key).text("enforcement")).isEqualTo("applied");
        node.awaitRedisFollowed();
        String abandoned = redis.markText().replaceFirst("^\\d+", "1");
        Map<String, Object> others = onAnotherDatabase();
        node.close();
        redis.setMark(abandoned);
        assertThatThrownBy(() -> Node.start(stores, others).close())
                .hasStackTraceContaining("belongs to another installation of Keylapse");

        try (Node idle = Node.start(stores, Map.of("keylapse.sync.enabled", false))) {
            assertThat(idle.bean(TakeOver.class).run().done()).isTrue();
        }
        node = Node.start(stores, others);

        node.awaitRedisFollowed();
        assertThat(redis.get(key.text("key"))).isNull();
        assertThat(Keys.check(node, key).text("code")).isEqualTo("KEY_UNKNOWN");
    }
}
