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
    private static final int MAX_WAIT = 60;
    private static final int MAX_TRANSACTIONS_PER_SECOND = 9;

    private static final Stores stores = Stores.own();
    private static long transactions;
    private static final Node node = Node.start(stores, Map.of());

    @Test
    void an_idle_node_runs_few_transactions() {
        node.awaitKnownToRedis(node.issue(Duration.ofDays(1)).text("key"));
        node.awaitHearing();
        transactionsSinceLast();

        // The first seconds also fill the pool of connections.
        await().pollInterval(SECONDS_WATCHED, SECONDS)
                .atMost(MAX_WAIT, SECONDS)
                .untilAsserted(() -> assertThat(transactionsSinceLast())
                        .isBetween(1L, (long) SECONDS_WATCHED * MAX_TRANSACTIONS_PER_SECOND));
    }

    private static long transactionsSinceLast() {
        long before = transactions;
        transactions = stores.ask("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()");
        return transactions - before;
    }
}
