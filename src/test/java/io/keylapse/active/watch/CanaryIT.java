package io.keylapse.active.watch;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.active.redis.RedisConnection;
import io.keylapse.app.embedded.RedisServers;
import io.keylapse.app.embedded.RedisServers.Server;
import io.keylapse.harness.KeyWatch;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.lettuce.core.AclSetuserArgs;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Lost notifications of Redis are noticed although every connection looks healthy. */
@NullUnmarked
class CanaryIT {
    private static final RedisServers servers = new RedisServers();
    private static final Server server = servers.start("notify-keyspace-events Ex\nmaxmemory-policy noeviction\n");
    private static final Node node = Node.start(Stores.shared(), Map.of("keylapse.redis.uri", server.uri()));
    private static final KeyWatch watch = new KeyWatch(node);

    @BeforeAll
    static void start() {
        awaitCanary(1);
    }

    private static void awaitCanary(double heard) {
        await().atMost(30, SECONDS).until(() -> watch.canaries().equals(List.of(heard)));
    }

    private static double rebuilds() {
        return node.bean(MeterRegistry.class)
                .get("keylapse.redis.canary.rebuilds")
                .counter()
                .count();
    }

    private static String readiness() {
        return node.anonymous().get("/health/readiness").body();
    }

    @Test
    void disabled_notifications_are_reported_and_not_switched_on() {
        double before = rebuilds();
        server.ask(redis -> redis.configSet("notify-keyspace-events", ""));
        awaitCanary(0);
        await().atMost(10, SECONDS)
                .untilAsserted(() -> assertThat(readiness()).contains("DEGRADED", "announces no expiries"));
        assertThat(rebuilds()).isGreaterThan(before);
        Map<String, String> setting = server.ask(redis -> redis.configGet("notify-keyspace-events"));
        assertThat(setting).containsValue("");

        server.ask(redis -> redis.configSet("notify-keyspace-events", "Ex"));
        awaitCanary(1);
        await().atMost(10, SECONDS)
                .untilAsserted(() -> assertThat(readiness()).doesNotContain("announces no expiries"));
    }

    @Test
    void a_subscription_that_was_lost_silently_is_renewed() {
        double before = rebuilds();
        // Redis closes the subscriber's connection. The subscriber reconnects, may not subscribe again, and receives
        // nothing.
        server.ask(redis -> redis.aclSetuser("default", AclSetuserArgs.Builder.resetChannels()));
        awaitCanary(0);
        server.ask(redis -> redis.aclSetuser("default", AclSetuserArgs.Builder.allChannels()));
        awaitCanary(1);
        assertThat(rebuilds()).isGreaterThan(before);
        watch.awaitHeard(node.bean(RedisConnection.class).primaries());
    }

    @Test
    void without_a_listener_there_is_no_canary() {
        try (var unsubscribed = Node.start(
                Stores.shared(), Map.of("keylapse.redis.uri", server.uri(), "keylapse.expiry.listener", false))) {
            assertThat(new KeyWatch(unsubscribed).canaries()).isEmpty();
        }
    }
}
