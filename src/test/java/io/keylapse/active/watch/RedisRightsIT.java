package io.keylapse.active.watch;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.active.redis.RedisConnection;
import io.keylapse.app.CapturedLog;
import io.keylapse.app.embedded.RedisServers;
import io.keylapse.app.embedded.RedisServers.Server;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.KeyWatch;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A Redis whose ACL grants the rights in docs/deployment.md, or fewer. */
@NullUnmarked
class RedisRightsIT {
    private Server server;

    @BeforeEach
    void start() {
        server = new RedisServers().start("notify-keyspace-events Ex\nmaxmemory-policy noeviction\n");
        allow(documented());
    }

    /** The line that operators copy. */
    private static String documented() {
        try {
            return Files.readAllLines(Path.of("docs/deployment.md")).stream()
                    .filter(line -> line.startsWith("ACL SETUSER keylapse "))
                    .findFirst()
                    .orElseThrow()
                    .substring("ACL SETUSER keylapse ".length())
                    .replace("PASSWORD", "secret");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void allow(String rules) {
        server.ask(redis -> {
            var arguments = new CommandArgs<>(StringCodec.UTF8).add("SETUSER").add("keylapse");
            List.of(rules.split(" ")).forEach(arguments::add);
            return redis.dispatch(CommandType.ACL, new StatusOutput<>(StringCodec.UTF8), arguments);
        });
    }

    private Node node() {
        return Node.start(
                Stores.shared(), Map.of("keylapse.redis.uri", "redis://keylapse:secret@127.0.0.1:" + server.port()));
    }

    private static Answer readiness(Node node) {
        return node.anonymous().get("/health/readiness");
    }

    private static void awaitUp(Node node) {
        await().atMost(40, SECONDS)
                .untilAsserted(() -> assertThat(readiness(node).text("status"))
                        .as(readiness(node).body())
                        .isEqualTo("UP"));
    }

    private static void awaitDegraded(Node node, String... because) {
        await().atMost(40, SECONDS)
                .untilAsserted(() ->
                        assertThat(readiness(node).body()).contains("DEGRADED").contains(because));
    }

    private static double trusted(Node node) {
        return node.bean(MeterRegistry.class)
                .get("keylapse.redis.trusted")
                .gauge()
                .value();
    }

    @Test
    void the_documented_rights_are_enough() {
        try (Node node = node()) {
            node.awaitHearing();
            var watch = new KeyWatch(node);
            watch.awaitEnforced();
            watch.awaitHeard(node.bean(RedisConnection.class).primaries());
            server.ask(redis -> redis.flushall());
            watch.assertRight();
            node.awaitRedisFollowed();
            assertThat(server.info("db0")).isNotEmpty();
            awaitUp(node);
        }
    }

    @Test
    void a_redis_not_trusted_for_lack_of_a_right_is_reported_and_used_once_it_is_granted() {
        allow("-info");
        try (var log = CapturedLog.open();
                Node node = node()) {
            awaitDegraded(node, "does not let this user run INFO", "is not trusted");
            assertThat(trusted(node)).isZero();
            await().atMost(20, SECONDS)
                    .untilAsserted(() -> assertThat(log.lines())
                            .filteredOn(line -> line.contains("not trusted"))
                            .hasSize(1));
            assertThat(log.lines())
                    .filteredOn(line -> line.contains("run INFO"))
                    .hasSize(1);
            allow("+info");
            awaitUp(node);
            assertThat(trusted(node)).isOne();
        }
    }

    @Test
    void every_right_that_is_withdrawn_is_named_in_readiness_until_it_is_given_back() {
        try (Node node = node()) {
            awaitUp(node);
            allow("-ping -time -role -get -set -del -touch -scan -eval -evalsha -publish");
            awaitDegraded(
                    node,
                    "does not let this user run PING, TIME, ROLE, GET, SET, DEL, TOUCH, SCAN, EVAL, EVALSHA, PUBLISH");
            allow("+ping +time +role +get +set +del +touch +scan +eval +evalsha +publish");
            awaitUp(node);
            allow("-role -touch");
            awaitDegraded(node, "does not let this user run ROLE, TOUCH", "does not allow TOUCH on expired keys");
            allow("+role +touch");
            awaitUp(node);
        }
    }

    @Test
    void evictions_are_reported_even_if_the_settings_may_not_be_read() {
        allow("-config");
        server.ask(redis -> redis.configSet("maxmemory-policy", "allkeys-random"));
        try (Node node = node()) {
            awaitDegraded(node, "maxmemory-policy is allkeys-random");
            // A first sample, to compare with.
            await().atMost(20, SECONDS).until(() -> evicted(node) == 0);
            long room = Long.parseLong(server.info("used_memory")) + 1_000_000;
            server.ask(redis -> redis.configSet("maxmemory", Long.toString(room)));
            for (int i = 0; i < 40; i++) {
                String name = "kl:another-" + i;
                server.ask(redis -> redis.set(name, "x".repeat(100_000)));
            }
            awaitDegraded(node, "is evicting keys");
            assertThat(evicted(node)).isPositive();
        }
    }

    private static double evicted(Node node) {
        var gauge =
                node.bean(MeterRegistry.class).find("keylapse.redis.evicted").gauge();
        return gauge == null ? -1 : gauge.value();
    }
}
