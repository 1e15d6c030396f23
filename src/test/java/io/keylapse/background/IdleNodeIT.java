package io.keylapse.background;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a node costs Postgres while nobody uses it. */
class IdleNodeIT {
    private static final int SECONDS_WATCHED = 10;
    private static final int MAX_TRANSACTIONS_PER_SECOND = 9;

    private static final Stores stores = Stores.own();
    private static final Node node = Node.start(stores, Map.of());

    @Test
    void an_idle_node_runs_few_transactions() {
        node.awaitKnownToRedis(node.issue(Duration.ofDays(1)).text("key"));
        node.awaitHearing();
        long before = transactions();

        await().pollDelay(SECONDS_WATCHED, SECONDS).atMost(60, SECONDS).until(() -> true);

        assertThat(transactions() - before).isBetween(1L, (long) SECONDS_WATCHED * MAX_TRANSACTIONS_PER_SECOND);
    }

    private static long transactions() {
        return stores.ask("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()");
    }
}
