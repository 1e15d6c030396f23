package io.keylapse.expiry;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.active.ActiveEntry.Live;
import io.keylapse.active.ActiveKeys;
import io.keylapse.active.ActiveKeys.Written;
import io.keylapse.active.WriteDeadline;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.key.KeyDigest;
import io.keylapse.key.KeyId;
import io.keylapse.registry.sql.Columns;
import io.keylapse.registry.sql.Postgres;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Many keys with the same deadline; P2 of the design is 1,000 of them among 100,000 active ones. */
class SimultaneousExpiryIT {
    private static final Logger LOG = LoggerFactory.getLogger(SimultaneousExpiryIT.class);
    private static final int LIVE = 100_000;
    private static final int DUE = 1_000;
    private static final int STORM = 20_000;
    private static final int KEYS_IN_PIPELINE = 200;

    @Test
    void of_1000_simultaneous_expiries_99_percent_are_recorded_within_2_s_and_all_in_4_s() {
        try (var stores = Stores.own();
                var node = Node.start(stores, Map.of())) {
            node.awaitRedisFollowed();
            Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
            fill(node, "live", LIVE, now.plus(30, ChronoUnit.DAYS));
            // Otherwise Redis would not have all of them at their deadline.
            node.awaitRedisFollowed();
            Instant deadline = Instant.now().truncatedTo(ChronoUnit.MILLIS).plusSeconds(5);
            fill(node, "due", DUE, deadline);
            assertThat(Instant.now()).as("all are in place before the deadline").isBefore(deadline);

            List<Seen> seen = new ArrayList<>();
            await().atMost(20, SECONDS).pollInterval(Duration.ofMillis(100)).until(() -> {
                seen.clear();
                seen.addAll(look(node));
                return seen.size() == DUE;
            });

            assertThat(seen).allSatisfy(each -> assertThat(each.endedAt).isEqualTo(deadline));
            List<Duration> lags = seen.stream()
                    .map(each -> Duration.between(each.endedAt, each.recordedAt))
                    .sorted()
                    .toList();
            long byNotification = seen.stream()
                    .filter(each -> each.source.equals("notification"))
                    .count();
            LOG.warn(
                    "{} keys due at once among {} live: lag p50 {} ms, p99 {} ms, most {} ms; {} by notification",
                    DUE,
                    LIVE,
                    lags.get(DUE / 2).toMillis(),
                    lags.get(DUE * 99 / 100 - 1).toMillis(),
                    lags.getLast().toMillis(),
                    byNotification);
            assertThat(lags.get(DUE * 99 / 100 - 1)).isLessThanOrEqualTo(Duration.ofSeconds(2));
            assertThat(lags.getLast()).isLessThanOrEqualTo(Duration.ofSeconds(4));
            assertThat(byNotification).as("recorded by notification").isGreaterThan(DUE / 2);
        }
    }

    @Test
    void a_storm_of_more_keys_than_the_queue_takes_is_recorded_though_the_sweep_is_off() {
        try (var stores = Stores.own();
                var node = Node.start(
                        stores,
                        Map.of("keylapse.expiry.sweep", "false", "keylapse.expiry.queue-capacity", STORM / 10))) {
            node.awaitRedisFollowed();
            Instant deadline = Instant.now().truncatedTo(ChronoUnit.MILLIS).plusSeconds(12);
            fill(node, "due", STORM, deadline);
            assertThat(Instant.now()).as("all are in place before the deadline").isBefore(deadline);

            await().atMost(26, SECONDS)
                    .pollInterval(Duration.ofMillis(100))
                    .until(() -> look(node).size() >= STORM);

            List<Seen> seen = look(node);
            assertThat(seen).hasSize(STORM).allSatisfy(each -> {
                assertThat(each.endedAt).isEqualTo(deadline);
                assertThat(each.recordedAt).isAfterOrEqualTo(deadline);
            });
            assertThat(seen)
                    .as("found in the order of deadlines and not by name")
                    .anyMatch(each -> each.source.equals("sweep"));
        }
    }

    private record Seen(Instant endedAt, Instant recordedAt, String source) {}

    private static List<Seen> look(Node node) {
        return node.bean(Postgres.class)
                .query(
                        "SELECT ended_at, recorded_at, source FROM blacklist WHERE owner = 'due'",
                        row -> new Seen(
                                Columns.instant(row, "ended_at"),
                                Columns.instant(row, "recorded_at"),
                                row.getString("source")));
    }

    private static CompletionStage<Written> apply(ActiveKeys active, KeyDigest digest, Live live) {
        return active.apply(digest.name(), live, WriteDeadline.startingNow());
    }

    /** Inserts keys into both stores as if they were issued one by one, but with one statement and one pipeline. */
    private static void fill(Node node, String owner, int count, Instant deadline) {
        var random = new SplittableRandom(count);
        var ids = new ArrayList<UUID>(count);
        var digests = new ArrayList<byte[]>(count);
        var underWay = new ArrayList<CompletableFuture<Written>>();
        var active = node.bean(ActiveKeys.class);
        for (int i = 0; i < count; i++) {
            var digest = new byte[KeyDigest.LENGTH];
            random.nextBytes(digest);
            var id = KeyId.generate(Instant.now());
            ids.add(id.value());
            digests.add(digest);
            underWay.add(apply(active, new KeyDigest(digest), new Live(id, 1, deadline, owner, List.of("read")))
                    // A busy machine may exceed a command's timeout; applying again is harmless.
                    .exceptionallyCompose(timeOut ->
                            apply(active, new KeyDigest(digest), new Live(id, 1, deadline, owner, List.of("read"))))
                    .toCompletableFuture());
            if (underWay.size() == KEYS_IN_PIPELINE || i == count - 1) {
                underWay.forEach(applied -> assertThat(applied.join()).isEqualTo(Written.EXACTLY));
                underWay.clear();
            }
        }
        node.bean(Postgres.class)
                .update(
                        Duration.ofMinutes(1),
                        """
                        INSERT INTO api_key (id, digest, hint, owner, name, scopes, metadata, state, end_reason, version,
                            issued_at, expires_at, lifetime_ms)
                        SELECT id, digest, 'kl_', ?, '', '{read}', '{}', 'active', 'expired', 1,
                            now() - interval '1 minute', ?, 60000
                        FROM unnest(?::uuid[], ?::bytea[]) AS keys (id, digest)
                        """,
                        owner,
                        deadline,
                        ids.toArray(UUID[]::new),
                        digests.toArray(byte[][]::new));
    }
}
