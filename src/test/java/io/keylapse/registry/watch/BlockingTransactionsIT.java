package io.keylapse.registry.watch;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Node;
import io.keylapse.harness.OwnDatabase;
import io.keylapse.harness.Stores;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Transactions that hold back the feed or the history are noticed even by a role that may not see when they began. */
class BlockingTransactionsIT {
    @Test
    void a_transaction_whose_age_is_hidden_is_named_after_as_long_as_it_was_seen() throws Exception {
        try (var database = new OwnDatabase();
                Node node = Node.start(Stores.shared(), database.settings(database.owner()))) {
            node.admin().issue("owner", Duration.ofDays(1));
            try (Connection superuser = database.connect();
                    Statement statement = superuser.createStatement()) {
                statement.execute("SET application_name = 'psql'");
                superuser.setAutoCommit(false);
                // The trigger of a statement takes the lock even if the statement changes no row.
                statement.execute("UPDATE api_key SET change = change WHERE false");
                statement.execute("INSERT INTO blacklist SELECT FROM api_key WHERE false");

                await().atMost(30, SECONDS).until(() -> oldest(node) > 10);
                assertThat(node.anonymous().get("/health/readiness").body())
                        .contains(
                                "DEGRADED",
                                "(psql, role " + Stores.shared().postgresUser() + ") has held back the change feed and"
                                        + " the history for 1");
            }
            await().atMost(10, SECONDS).until(() -> oldest(node) == 0);
            assertThat(node.anonymous().get("/health/readiness").body()).doesNotContain("held back");
        }
    }

    private static double oldest(Node node) {
        return node.bean(MeterRegistry.class)
                .get("keylapse.feed.oldest.transaction.age.seconds")
                .gauge()
                .value();
    }
}
