package io.keylapse.sync;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.keylapse.app.CapturedLog;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.OwnDatabase;
import io.keylapse.harness.Stores;
import io.keylapse.registry.ChangeLog;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.Connection;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two installations in two schemas of one database, with the same Redis. */
class TwoSchemasIT {
    private final OwnDatabase database = new OwnDatabase();
    private Node one;

    @BeforeEach
    void start() {
        for (String schema : new String[] {"one", "two"}) {
            database.run("CREATE SCHEMA " + schema + " AUTHORIZATION " + database.owner());
        }
        one = node("one", "one");
    }

    private Node node(String schema, String prefix) {
        Map<String, Object> settings = new HashMap<>(database.settings(database.owner()));
        settings.put(
                "keylapse.postgres.url",
                database.url() + (database.url().contains("?") ? "&" : "?") + "currentSchema=" + schema);
        settings.put("keylapse.redis.key-prefix", database.name() + "-" + prefix + ":");
        return Node.start(Stores.shared(), settings);
    }

    private static double gauge(Node node, String name) {
        return node.bean(MeterRegistry.class).get(name).gauge().value();
    }

    private static double oldestHolder(Node node) {
        return gauge(node, "keylapse.feed.oldest.transaction.age.seconds");
    }

    /** The number of positions of the change feed that open transactions may still fill. */
    private long heldBack(Node node, String schema) {
        return database.ask("SELECT last_value FROM " + schema + ".key_change")
                - node.bean(ChangeLog.class).horizon();
    }

    @Test
    void a_writer_that_stays_open_in_one_schema_does_not_hold_up_the_other() throws Exception {
        try (Node two = node("two", "two");
                Connection writer = database.connect();
                Statement statement = writer.createStatement()) {
            writer.setAutoCommit(false);
            statement.execute("UPDATE one.api_key SET change = change WHERE false");
            Keys.issue(one, "P1D");
            Answer key = Keys.issue(two, "P1D");

            assertThat(heldBack(one, "one")).isEqualTo(1);
            assertThat(heldBack(two, "two")).isZero();
            two.awaitRedisFollowed();
            two.awaitChangesSeen();
            assertThat(Keys.check(two, key).status()).isEqualTo(200);
            await().atMost(20, SECONDS).until(() -> oldestHolder(one) > 2);
            assertThat(oldestHolder(two)).isZero();
            assertThat(gauge(two, "keylapse.feed.age.seconds")).isLessThan(2);
        }
    }

    @Test
    void neither_rebuilds_the_redis_of_the_other_and_both_record_what_expires() {
        try (Node two = node("two", "two")) {
            one.awaitRedisFollowed();
            two.awaitRedisFollowed();
            try (CapturedLog log = CapturedLog.open()) {
                for (int i = 0; i < 30; i++) {
                    Keys.issue(one, "P1D");
                }
                for (Node node : new Node[] {one, two}) {
                    Answer key = Keys.issue(node, "PT1S");
                    await().atMost(20, SECONDS)
                            .until(() -> node.admin()
                                    .get("/v1/blacklist?owner=acme")
                                    .body()
                                    .contains(key.text("id")));
                    node.awaitRedisFollowed();
                }
                assertThat(log.lines()).noneMatch(line -> line.contains("rebuilding Redis"));
            }
        }
    }

    @Test
    void with_the_same_prefix_the_second_is_refused() {
        one.awaitRedisFollowed();
        assertThatThrownBy(() -> node("two", "one").close())
                .hasStackTraceContaining("belongs to another installation of Keylapse")
                .hasStackTraceContaining("KEYLAPSE_REDIS_KEY_PREFIX");
    }
}
