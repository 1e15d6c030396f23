package io.keylapse.active.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.app.embedded.RedisServers.Server;
import io.keylapse.harness.Client;
import io.keylapse.harness.KeyWatch;
import io.keylapse.harness.Node;
import io.keylapse.harness.RedisCluster;
import io.keylapse.harness.RedisName;
import io.keylapse.harness.Stores;
import io.lettuce.core.cluster.SlotHash;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A node on a Redis Cluster of three primaries with a replica each. */
@NullUnmarked
class ClusterIT {
    private static final RedisCluster cluster = new RedisCluster();
    private static final Node node = Node.start(Stores.shared(), Map.of("keylapse.redis.uri", cluster.uri()));
    private static final RedisConnection redis = node.bean(RedisConnection.class);
    private static final Client admin = node.admin();
    private static KeyWatch watch;

    @BeforeAll
    static void start() {
        await().atMost(10, SECONDS).until(() -> redis.primaries().size() == 3);
        watch = new KeyWatch(node);
        awaitCanaries();
    }

    private static void awaitCanaries() {
        await().atMost(20, SECONDS).until(() -> watch.canaries().equals(List.of(1.0, 1.0, 1.0)));
    }

    @Test
    void keys_live_and_end_as_on_one_server() {
        watch.awaitEnforced();
        var issued = admin.issue("owner", Duration.ofHours(1));
        String path = "/v1/keys/" + issued.text("id");
        assertThat(admin.check(issued.text("key")).status()).isEqualTo(200);

        var renewed = admin.post(path + "/renew", "{\"ttl\":\"PT2H\"}");
        assertThat(renewed.text("enforcement")).isEqualTo("applied");
        assertThat(admin.check(issued.text("key")).header("X-Key-Expires-At")).isEqualTo(renewed.text("expiresAt"));

        var rotated = admin.post(path + "/rotate", "{}");
        assertThat(rotated.status()).as(rotated.body()).isLessThan(300);
        assertThat(admin.check(rotated.text("key")).status()).isEqualTo(200);

        var revoked = admin.post("/v1/keys/" + rotated.text("id") + "/revoke", "{}");
        assertThat(revoked.text("enforcement")).isEqualTo("applied");
        assertThat(admin.check(rotated.text("key")).header("X-Key-Code")).isEqualTo("KEY_REVOKED");
    }

    @Test
    void expiries_on_every_primary_are_received() {
        watch.awaitHeard(redis.primaries());
    }

    @Test
    void slots_that_move_take_their_keys_along_and_their_expiries_are_still_received() {
        String owner = Node.owner();
        String lasting = admin.issue("owner", Duration.ofHours(1)).text("key");
        Primary source = watch.primaryOf(lasting);
        Primary target = redis.primaries().stream()
                .filter(primary -> !primary.equals(source))
                .findFirst()
                .orElseThrow();
        String lapsing = lapsingOn(source, owner);

        IntStream.of(
                        SlotHash.getSlot(RedisName.of(lasting)),
                        SlotHash.getSlot(RedisName.of(lapsing)),
                        SlotHash.getSlot(source.tag()))
                .distinct()
                .forEach(slot -> cluster.move(slot, source.id(), target.id()));

        await().atMost(15, SECONDS).until(() -> watch.primaryOf(lasting).id().equals(target.id()));
        Primary moved = await().atMost(15, SECONDS)
                .ignoreExceptions()
                .until(() -> withId(source.id()), now -> !now.equals(source));
        assertThat(admin.check(lasting).status()).isEqualTo(200);
        awaitCanaryWith(moved);
        awaitCanaries();
        watch.awaitHeard(redis.primaries());
        await().atMost(15, SECONDS).until(() -> watch.entries(owner).size() > 0);
        assertThat(watch.entries(owner))
                .allSatisfy(entry -> assertThat(entry.get("source").asText()).isEqualTo("notification"));
        watch.assertRight();
    }

    private static Primary withId(String id) {
        return redis.primaries().stream()
                .filter(primary -> primary.id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    /** A key on that primary, which expires after slots have moved. */
    private static String lapsingOn(Primary primary, String owner) {
        String key;
        do {
            key = admin.issue(owner, Duration.ofSeconds(9)).text("key");
        } while (!watch.primaryOf(key).equals(primary));
        return key;
    }

    private static void awaitCanaryWith(Primary primary) {
        var heard = new ConcurrentLinkedQueue<String>();
        try (var _ = redis.subscribe(primary, new byte[] {0}, name -> heard.add(new String(name, UTF_8)))
                .toCompletableFuture()
                .join()) {
            await().atMost(10, SECONDS)
                    .until(() -> heard.stream().anyMatch(name -> name.contains("{" + primary.tag() + "}canary:")));
        }
    }

    @Test
    void when_a_primary_dies_no_valid_key_is_refused_and_expiries_on_its_replica_are_received() {
        List<Primary> before = redis.primaries();
        Server dead = cluster.server(before.getFirst().id());
        dead.kill();

        await().atMost(30, SECONDS).until(() -> {
            watch.assertNeverWrong();
            return redis.primaries().size() == 3 && !redis.primaries().contains(before.getFirst());
        });
        assertThat(redis.primaries())
                .as("the node that takes over has the same tag")
                .extracting(Primary::tag)
                .containsExactlyInAnyOrderElementsOf(
                        before.stream().map(Primary::tag).toList());
        watch.awaitEnforced();
        watch.assertRight();
        watch.awaitHeard(redis.primaries());
        awaitCanaries();

        dead.start();
        cluster.awaitHealthy();
        watch.assertRight();
    }

    @Test
    void while_a_primary_hangs_its_keys_are_answered_by_postgres_and_those_of_the_others_by_redis() {
        watch.awaitEnforced();
        Primary hanging = redis.primaries().getFirst();
        String there = keyOn(hanging);
        String elsewhere = keyOn(redis.primaries().getLast());
        Server server = cluster.server(hanging.id());
        server.hang();
        try {
            var byPostgres = new ArrayList<Boolean>();
            await().atMost(30, SECONDS).pollInterval(Duration.ofMillis(1)).until(() -> {
                assertThat(admin.check(there).status()).isEqualTo(200);
                double before = lookUps();
                assertThat(admin.check(elsewhere).status()).isEqualTo(200);
                byPostgres.add(lookUps() > before);
                return !redis.primaries().contains(hanging);
            });
            // For a moment after a lost connection, no primary is trusted.
            assertThat(byPostgres.stream().filter(each -> each).count()).isLessThan(byPostgres.size() / 2);
        } finally {
            server.wake();
        }
        cluster.awaitHealthy();
        await().atMost(20, SECONDS).until(() -> redis.primaries().size() == 3);
        watch.awaitEnforced();
        watch.assertRight();
    }

    private static String keyOn(Primary primary) {
        String key;
        do {
            key = admin.issue("owner", Duration.ofHours(1)).text("key");
        } while (!watch.primaryOf(key).equals(primary));
        node.awaitKnownToRedis(key);
        return key;
    }

    private static double lookUps() {
        return node.bean(MeterRegistry.class)
                .get("keylapse.check.lookups")
                .functionCounter()
                .count();
    }

    @Test
    void two_nodes_record_each_expiry_once_and_refuse_what_the_other_revoked() {
        try (var other = Node.start(Stores.shared(), Map.of("keylapse.redis.uri", cluster.uri()))) {
            watch.awaitEnforced();
            List<String> keys = redis.primaries().stream().map(ClusterIT::keyOn).toList();
            keys.forEach(other::awaitKnownToRedis);
            String owner = Node.owner();
            for (int i = 0; i < 30; i++) {
                (i % 2 == 0 ? admin : other.admin()).issue(owner, Duration.ofSeconds(2));
            }
            for (String key : keys) {
                String id = admin.check(key).header("X-Credential-Identifier");
                assertThat(admin.delete("/v1/keys/" + id).text("enforcement")).isEqualTo("applied");
                assertThat(other.anonymous().check(key).header("X-Key-Code")).isEqualTo("KEY_REVOKED");
            }
            await().atMost(15, SECONDS).until(() -> watch.entries(owner).size() >= 30);
            assertThat(watch.entries(owner)).hasSize(30);
        }
    }

    @Test
    void a_primary_that_hangs_is_left_for_its_replica() {
        List<Primary> before = redis.primaries();
        Server hung = cluster.server(before.getFirst().id());
        hung.hang();
        try {
            await().atMost(30, SECONDS).until(() -> {
                watch.assertNeverWrong();
                return redis.primaries().size() == 3 && !redis.primaries().contains(before.getFirst());
            });
            watch.awaitEnforced();
            watch.awaitHeard(redis.primaries());
        } finally {
            hung.wake();
        }
        cluster.awaitHealthy();
        watch.assertRight();
    }
}
