package io.keylapse.sync;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.active.redis.Primary;
import io.keylapse.active.redis.RedisConnection;
import io.keylapse.active.trust.Epoch;
import io.keylapse.active.trust.Mark;
import io.keylapse.active.trust.RedisTrust;
import io.keylapse.active.trust.VersionFloors;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.history.CurrentHistory;
import io.keylapse.history.History;
import io.keylapse.history.HistoryObservation;
import io.keylapse.history.HistoryPosition;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** A node that has followed another Postgres reads from this one. It does nothing by itself. */
class HistoryWatchIT {
    private static final HistoryPosition OTHER =
            new HistoryPosition(new History(UUID.randomUUID(), 1, 1, 2, 3, 4), 100, UUID.randomUUID());

    @Test
    void after_the_first_read_of_another_history_redis_is_not_trusted() {
        Stores stores = Stores.own();
        try (stores;
                Node node =
                        Node.start(stores, Map.of("keylapse.sync.enabled", false, "keylapse.expiry.listener", false))) {
            var redis = new Keys.Redis(stores);
            var history = node.bean(CurrentHistory.class);
            history.observe(history.known(), new HistoryObservation(OTHER, Instant.EPOCH, 0, true));
            node.bean(VersionFloors.class).beginAt(0);
            redis.setMark("1 " + new Mark.At(OTHER, 5).text());
            RedisTrust trust = node.bean(RedisTrust.class);
            Primary primary = node.bean(RedisConnection.class).primaries().getFirst();
            await().atMost(10, SECONDS).until(() -> {
                trust.look(primary).toCompletableFuture().join();
                return trust.isTrusted(primary);
            });
            long epoch = node.bean(Epoch.class).current();

            assertThat(node.bean(HistoryWatch.class).look()).isPresent();

            assertThat(trust.isTrusted(primary)).isFalse();
            assertThat(node.bean(Epoch.class).current()).isGreaterThan(epoch);
        }
    }
}
