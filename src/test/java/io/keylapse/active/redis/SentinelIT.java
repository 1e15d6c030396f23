package io.keylapse.active.redis;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.app.embedded.RedisServers.Server;
import io.keylapse.harness.KeyWatch;
import io.keylapse.harness.Node;
import io.keylapse.harness.RedisSentinels;
import io.keylapse.harness.Stores;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A node with a Redis master that three Sentinels monitor. */
@NullUnmarked
class SentinelIT {
    private static final RedisSentinels sentinels = new RedisSentinels();
    private static final Node node = Node.start(Stores.shared(), Map.of("keylapse.redis.uri", sentinels.uri()));
    private static final RedisConnection redis = node.bean(RedisConnection.class);
    private static final KeyWatch watch = new KeyWatch(node);

    @BeforeAll
    static void start() {
        watch.awaitHeard(redis.primaries());
        awaitCanary();
    }

    private static void awaitCanary() {
        await().atMost(20, SECONDS).until(() -> watch.canaries().equals(List.of(1.0)));
    }

    private static Server awaitFailover(Server from) {
        await().atMost(40, SECONDS).until(() -> {
            watch.assertNeverWrong();
            return sentinels.master().port() != from.port();
        });
        return sentinels.master();
    }

    @Test
    void when_the_master_dies_no_valid_key_is_refused_and_expiries_on_the_new_one_are_received() {
        Server dead = sentinels.master();
        dead.kill();
        Server master = awaitFailover(dead);
        assertServes(master);

        // Started as a replica at once; the next test shows what a Sentinel does with one that returns as a master.
        dead.start("--replicaof", "127.0.0.1", Integer.toString(master.port()));
        sentinels.awaitHealthy();
        assertServes(master);
    }

    @Test
    void a_master_that_hangs_is_left_for_the_new_one_and_not_returned_to_when_it_wakes() {
        Server hung = sentinels.master();
        hung.hang();
        Server master;
        try {
            master = awaitFailover(hung);
            assertServes(master);
        } finally {
            hung.wake();
        }
        // When it wakes up, it resets all connections made meanwhile.
        await().atMost(30, SECONDS)
                .ignoreExceptions()
                .until(() -> hung.info("role").equals("slave"));
        sentinels.awaitHealthy();
        assertServes(master);
    }

    @Test
    void a_master_that_is_demoted_alive_is_left() {
        Server demoted = sentinels.master();
        sentinels.failOver();
        Server master = awaitFailover(demoted);
        assertServes(master);
        sentinels.awaitHealthy();
    }

    private static void assertServes(Server master) {
        watch.awaitEnforced();
        watch.assertRight();
        watch.awaitHeard(redis.primaries());
        awaitCanary();
        assertThat(master.info("role")).isEqualTo("master");
        assertThat(sentinels.master().port()).isEqualTo(master.port());
    }
}
