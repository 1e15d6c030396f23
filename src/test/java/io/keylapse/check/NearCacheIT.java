package io.keylapse.check;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.active.redis.Primary;
import io.keylapse.active.redis.RedisConnection;
import io.keylapse.active.trust.Epoch;
import io.keylapse.active.trust.RedisTrust;
import io.keylapse.active.trust.VersionFloors;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.harness.TcpProxy;
import io.lettuce.core.api.sync.RedisCommands;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class NearCacheIT {
    private static final Pattern GETS = Pattern.compile("cmdstat_get:calls=(\\d+)");

    /** The node reads Postgres so seldom that what it knows sooner must come from Redis. */
    private static final Map<String, Object> SELDOM = Map.of("keylapse.sync.interval", "PT1.5S");

    /** Entries live so long that they do not end by age. */
    private static final Map<String, Object> PATIENT =
            Map.of("keylapse.check.near-cache.max-age", "PT1M", "keylapse.check.stale-after", "PT1M");

    private static final Stores stores = Stores.own();
    private static final Node node = Node.start(stores, Map.of("keylapse.check.near-cache.max-age", "PT2S"));

    @Test
    void remembered_key_is_checked_without_asking_redis() {
        Answer key = remembered(node);

        var redis = stores.redis();
        long before = gets(redis);
        for (int i = 0; i < 100; i++) {
            assertThat(check(node, key).status()).isEqualTo(200);
        }
        // One more read, in case the entry expired meanwhile.
        assertThat(gets(redis) - before).isLessThan(20);
    }

    @Test
    void without_a_near_cache_every_check_asks_redis() {
        try (Node forgetful = Node.start(stores, Map.of("keylapse.check.near-cache.max-size", 0))) {
            Answer key = issue(forgetful);
            await().until(() -> check(forgetful, key).status() == 200);
            forgetful.awaitKnownToRedis(key.text("key"));

            var redis = stores.redis();
            long before = gets(redis);
            for (int i = 0; i < 100; i++) {
                assertThat(check(forgetful, key).status()).isEqualTo(200);
            }
            assertThat(gets(redis) - before).isGreaterThanOrEqualTo(100);
        }
    }

    @Test
    void remembered_key_is_forgotten_after_the_age_that_is_set() {
        try (Node briefly = Node.start(stores, Map.of("keylapse.check.near-cache.max-age", "PT0.2S"))) {
            Answer key = remembered(briefly);

            await().atMost(2, SECONDS).until(() -> find(briefly, key) == null);
        }
    }

    @Test
    void checks_of_a_frequently_checked_key_never_wait_for_redis() {
        try (Node busy = Node.start(
                stores, Map.of("keylapse.check.near-cache.max-age", "PT4S", "keylapse.check.stale-after", "PT4S"))) {
            KeyCheck check = busy.bean(KeyCheck.class);
            String key = remembered(busy).text("key");
            Set<Verdict> read = Collections.newSetFromMap(new IdentityHashMap<>());

            await().pollInterval(Duration.ofMillis(20)).atMost(30, SECONDS).until(() -> {
                CompletableFuture<Verdict> verdict = check.check(key, List.of()).toCompletableFuture();
                assertThat(verdict).as("after %d readings", read.size()).isCompleted();
                read.add(verdict.join());
                return read.size() == 4;
            });
        }
    }

    @Test
    void revoked_key_is_refused_by_a_node_that_had_it_cached_before_its_feed_reads() {
        try (Node other = Node.start(stores, SELDOM)) {
            Answer key = remembered(other);
            awaitLook(other);

            revoke(key);

            // Shorter than the feed's interval.
            await().atMost(1, SECONDS).until(() -> check(other, key).status() == 401);
        }
    }

    @Test
    void changed_scopes_reach_a_node_that_had_the_key_cached() {
        try (Node other = Node.start(stores, SELDOM)) {
            Answer key = remembered(other);
            awaitLook(other);

            node.admin().patch("/v1/keys/" + key.text("id"), "{\"scopes\":[\"write\"]}");

            await().atMost(1, SECONDS)
                    .until(() -> "write".equals(check(other, key).header("X-Key-Scopes")));
        }
    }

    @Test
    void flushed_redis_makes_a_node_forget() {
        // The only node: entries that another node refilled would hide what this one lost.
        try (Stores alone = Stores.own();
                Node patient = Node.start(alone, PATIENT)) {
            // A node that does not trust Redis yet has cached nothing.
            RedisTrust trust = patient.bean(RedisTrust.class);
            List<Primary> primaries = patient.bean(RedisConnection.class).primaries();
            await().atMost(10, SECONDS).until(() -> primaries.stream().allMatch(trust::isTrusted));
            Answer key = remembered(patient);
            long before = patient.bean(Epoch.class).current();

            alone.redis(commands -> commands.flushall());

            await().atMost(5, SECONDS).until(() -> patient.bean(Epoch.class).current() > before);
            assertThat(find(patient, key)).isNull();
            assertThat(check(patient, key).status()).isEqualTo(200);
        }
    }

    @Test
    void lost_connection_makes_a_node_forget() {
        try (var proxy = new TcpProxy(stores.redisUri());
                Node far = Node.start(stores, with(PATIENT, "keylapse.redis.uri", proxy.reaching(stores.redisUri())))) {
            Answer key = remembered(far);
            long before = far.bean(Epoch.class).current();

            proxy.cut();

            await().atMost(5, SECONDS).until(() -> far.bean(Epoch.class).current() > before);
            assertThat(find(far, key)).isNull();
            proxy.heal();
        }
    }

    @Test
    void stale_node_uses_nothing_of_what_it_remembers_however_young() {
        try (Node cut = Node.start(stores, Map.of("keylapse.check.stale-after", "PT1S"))) {
            Answer key = remembered(cut);
            stores.interruptPostgres();
            try {
                await().pollInterval(Duration.ofMillis(20)).atMost(10, SECONDS).until(() -> {
                    // Repeated reads from Redis keep the entry from expiring by age.
                    cut.bean(Epoch.class).advance();
                    check(cut, key);
                    return cut.bean(VersionFloors.class).age().compareTo(Duration.ofSeconds(1)) > 0;
                });
                assertThat(find(cut, key)).isNull();
            } finally {
                stores.resumePostgres();
            }
        }
        await().atMost(20, SECONDS).until(() -> node.admin().get("/v1/keys").status() == 200);
    }

    @Test
    void key_is_refused_from_its_deadline_on_however_young_the_memory() {
        Answer key = node.admin().issue("acme", Duration.ofMillis(1_500));
        long lastAccepted = 0;
        long asked = System.currentTimeMillis();
        while (check(node, key).status() == 200) {
            lastAccepted = asked;
            asked = System.currentTimeMillis();
        }
        assertThat(check(node, key).header("X-Key-Code")).isEqualTo("KEY_EXPIRED");
        assertThat(lastAccepted)
                .isLessThanOrEqualTo(Instant.parse(key.text("expiresAt")).toEpochMilli());
    }

    private static Map<String, Object> with(Map<String, Object> settings, String name, Object value) {
        var all = new HashMap<>(settings);
        all.put(name, value);
        return all;
    }

    private static Answer issue(Node on) {
        return on.admin().issue("{\"owner\":\"acme\",\"ttl\":\"P1D\",\"scopes\":[\"read\"]}");
    }

    /** A key in this node's near cache. */
    private static Answer remembered(Node on) {
        Answer key = issue(on);
        await().atMost(10, SECONDS).until(() -> check(on, key).status() == 200 && find(on, key) != null);
        return key;
    }

    private static Verdict.@Nullable Good find(Node on, Answer key) {
        return on.bean(NearCache.class).find(key.text("key"), _ -> {});
    }

    private static void revoke(Answer key) {
        Answer answer = node.admin().post("/v1/keys/" + key.text("id") + "/revoke", "{}");
        assertThat(answer.text("enforcement")).isEqualTo("applied");
    }

    private static Answer check(Node on, Answer key) {
        return on.anonymous().check(key.text("key"));
    }

    /** Returns just after the node's feed has read Postgres, long before the next time. */
    private static void awaitLook(Node on) {
        VersionFloors recent = on.bean(VersionFloors.class);
        long before = recent.freshAsOf();
        await().pollInterval(Duration.ofMillis(5)).atMost(10, SECONDS).until(() -> recent.freshAsOf() != before);
    }

    private static long gets(RedisCommands<byte[], byte[]> redis) {
        Matcher matcher = GETS.matcher(redis.info("commandstats"));
        return matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
    }
}
