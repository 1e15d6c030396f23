package io.keylapse.sync;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.active.KeyChanges;
import io.keylapse.active.trust.Epoch;
import io.keylapse.active.trust.VersionFloors;
import io.keylapse.background.LoopRegistry;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.key.KeyName;
import io.keylapse.registry.ChangeLog;
import io.keylapse.registry.watch.PostgresClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

/** Changes reach Redis and the other nodes through Postgres alone: nothing writes to Redis after a commit here. */
class ChangeFeedIT {
    private static final Stores stores = Stores.own();
    private static final Keys.Redis redis = new Keys.Redis(stores);
    private static final Map<String, Object> settings = Map.of("keylapse.redis.write-through", false);
    private static final Node one = Node.start(stores, settings);
    private static final Node other = Node.start(stores, settings);

    @Test
    void change_that_its_node_did_not_write_to_redis_is_written_by_the_feed() throws Exception {
        Answer key = Keys.issue(one, "P1D");
        assertThat(key.text("enforcement")).isEqualTo("pending");
        await().atMost(2, SECONDS).until(() -> redis.version(key.text("key")) == 1);

        Keys.revoke(one, key);

        await().atMost(2, SECONDS).until(() -> redis.version(key.text("key")) == 2);
    }

    @Test
    void revoked_key_is_refused_by_another_node_in_time_even_if_redis_has_it_as_good() throws Exception {
        Answer key = Keys.issue(one, "P1D");
        await().until(() -> Keys.check(other, key).status() == 200);
        byte[] good = await().until(() -> redis.get(key.text("key")), Objects::nonNull);
        Keys.revoke(one, key);

        await().atMost(2, SECONDS).until(() -> Keys.check(other, key).status() == 401);
        // Redis may have notified the node earlier.
        await().atMost(2, SECONDS).until(() -> isRemembered(key));
        redis.set(key.text("key"), good);

        assertThat(Keys.check(other, key).header("X-Key-Code")).isEqualTo("KEY_REVOKED");
        assertThat(Keys.check(one, key).header("X-Key-Code")).isEqualTo("KEY_REVOKED");
    }

    @Test
    void an_idle_node_that_redis_tells_nothing_learns_of_a_revocation_in_time() {
        Answer key = Keys.issue(one, "P1D");
        try (Node idle = Node.start(stores, Map.of("keylapse.redis.uri", "redis://127.0.0.1:" + Node.freePort()))) {
            var announced = new ConcurrentLinkedQueue<KeyName>();
            idle.bean(KeyChanges.class).register(change -> announced.add(change.name()));
            // While a check or a change needed the feed, it would have read again by now.
            await().until(() -> idle.bean(VersionFloors.class).age().toMillis() > 500);

            Keys.revoke(one, key);

            await().atMost(2, SECONDS).until(() -> announced.contains(Keys.name(key)));
        }
    }

    @Test
    void caches_are_given_up_with_the_floors_that_protect_them() {
        long before = one.bean(Epoch.class).current();
        long forgotten = one.bean(VersionFloors.class).timesForgotten();
        // Its first read forgets the floors of the node, because they may belong to another history.
        new ChangeFeed(
                        one.bean(LoopRegistry.class),
                        one.bean(HistoryWatch.class),
                        one.bean(ChangeLog.class),
                        one.bean(KeyChanges.class),
                        one.bean(VersionFloors.class),
                        one.bean(Epoch.class),
                        one.bean(PostgresClock.class),
                        one.bean(SyncSettings.class),
                        new SimpleMeterRegistry())
                .read();

        assertThat(one.bean(Epoch.class).current()).isGreaterThan(before);
        assertThat(one.bean(VersionFloors.class).timesForgotten()).isGreaterThan(forgotten);
    }

    @Test
    void a_late_commit_is_not_skipped_and_an_open_transaction_delays_no_other_change() throws Exception {
        Answer early = Keys.issue(one, "P1D");
        Answer late = Keys.issue(one, "P1D");
        try (Connection slow = stores.connect();
                Statement statement = slow.createStatement()) {
            slow.setAutoCommit(false);
            statement.execute("UPDATE api_key SET version = version + 1, change = nextval('key_change'),"
                    + " state = 'revoked', ended_at = now() WHERE hint = '" + late.text("hint") + "'");

            var announced = new ConcurrentLinkedQueue<KeyName>();
            other.bean(KeyChanges.class).register(change -> {
                // Without the issue of both keys, which the feed may announce only now.
                if (change.version() > 1) {
                    announced.add(change.name());
                }
            });
            Keys.revoke(one, early);
            await().atMost(2, SECONDS).until(() -> Keys.check(other, early).status() == 401);
            await().atMost(2, SECONDS).until(() -> isRemembered(early));

            // The feed reads this change repeatedly, because changes before it may still commit, but reports it once.
            var looks = new HashSet<Long>();
            await().atMost(10, SECONDS).until(() -> {
                looks.add(other.bean(VersionFloors.class).freshAsOf());
                return looks.size() > 5;
            });
            assertThat(announced).containsOnlyOnce(Keys.name(early));

            slow.commit();
        }
        await().atMost(2, SECONDS).until(() -> isRemembered(late));
        assertThat(Keys.check(other, late).status()).isEqualTo(401);
    }

    @Test
    void open_write_transaction_in_another_database_does_not_delay_the_feed() throws Exception {
        stores.run("CREATE DATABASE elsewhere");
        String url = stores.postgresUrl().replaceFirst("/[^/?]+(\\?|$)", "/elsewhere$1");
        try (Connection elsewhere = DriverManager.getConnection(url, stores.postgresUser(), stores.postgresPassword());
                Statement statement = elsewhere.createStatement()) {
            elsewhere.setAutoCommit(false);
            statement.execute("CREATE TABLE t (n int)");
            Answer key = Keys.issue(one, "P1D");

            Keys.revoke(one, key);

            await().atMost(2, SECONDS).until(() -> isRemembered(key));
            await().atMost(2, SECONDS).until(() -> redis.version(key.text("key")) == 2);
            await().atMost(2, SECONDS).until(() -> redis.mark() == horizon());
        }
    }

    private static boolean isRemembered(Answer key) {
        return other.bean(VersionFloors.class).isOutOfDate(Keys.name(key), 1);
    }

    private static long horizon() {
        return one.bean(io.keylapse.registry.ChangeLog.class).horizon();
    }
}
