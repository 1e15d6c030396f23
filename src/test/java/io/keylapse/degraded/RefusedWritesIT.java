package io.keylapse.degraded;

import static io.keylapse.degraded.WiredNode.assertRefused;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.SmallDisk;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * The rows of docs/degraded-modes.md in which Postgres responds but refuses writes: checks go on, and readiness says
 * why.
 */
class RefusedWritesIT {
    private static final WiredNode wired = new WiredNode();

    @AfterEach
    void heal() {
        wired.heal();
    }

    @Test
    void postgres_read_only() throws SQLException {
        Answer good = wired.issue();
        Answer lapsing = wired.issue(Duration.ofSeconds(1));
        try (Connection connection = wired.stores.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("ALTER SYSTEM SET default_transaction_read_only = on");
            try {
                statement.execute("SELECT pg_reload_conf()");
                // Without a request: the service's own writes are enough to notice.
                wired.awaitDegraded("default_transaction_read_only is on; use the primary");

                assertThat(wired.check(good).status()).isEqualTo(200);
                assertRefused(wired.checkUnissued(), 401, "KEY_UNKNOWN");
                assertThat(wired.revoke(good).text("code")).isEqualTo("STORE_UNAVAILABLE");
            } finally {
                statement.execute("ALTER SYSTEM RESET default_transaction_read_only");
                statement.execute("SELECT pg_reload_conf()");
            }
        }
        await().atMost(20, SECONDS)
                .until(() -> "KEY_EXPIRED".equals(wired.check(lapsing).header("X-Key-Code")));
    }

    @Test
    void postgres_disk_full() throws SQLException {
        Optional<SmallDisk> small = wired.stores.smallDisk();
        assumeThat(small).as("a small disk can be mounted, which takes root").isPresent();
        try (SmallDisk disk = small.orElseThrow();
                Connection connection = wired.stores.connect();
                Statement statement = connection.createStatement()) {
            Answer good = wired.issue();
            Answer lost = wired.issueAndForget();
            statement.execute("CREATE TABLESPACE small LOCATION '" + disk.path() + "'");
            statement.execute("ALTER TABLE api_key SET TABLESPACE small");
            statement.execute("CREATE TABLE ballast (filling text) TABLESPACE small");
            statement.execute("ALTER TABLE ballast ALTER filling SET STORAGE PLAIN");
            fill(statement);

            Answer refused = issueUntilRefused();
            assertThat(refused.status()).as(refused.body()).isEqualTo(503);
            assertThat(refused.text("code")).isEqualTo("STORE_UNAVAILABLE");
            assertThat(wired.check(good).status()).isEqualTo(200);
            assertThat(wired.check(lost).status()).isEqualTo(200);
            assertRefused(wired.checkUnissued(), 401, "KEY_UNKNOWN");
            wired.awaitDegraded("its disk is full; free disk space");

            statement.execute("DROP TABLE ballast");
            assertThat(wired.check(wired.issue()).status()).isEqualTo(200);
            statement.execute("ALTER TABLE api_key SET TABLESPACE pg_default");
            statement.execute("DROP TABLESPACE small");
        }
    }

    private static void fill(Statement statement) {
        try {
            while (true) {
                statement.execute("INSERT INTO ballast SELECT repeat('x', 4000) FROM generate_series(1, 2)");
            }
        } catch (SQLException full) {
            assertThat(full.getSQLState()).as("disk full").isEqualTo("53100");
        }
    }

    /** Issues keys until the remaining space of the table is used up. */
    private static Answer issueUntilRefused() {
        String metadata = "x".repeat(3_500);
        for (int i = 0; i < 1_000; i++) {
            Answer answer = wired.node
                    .admin()
                    .post(
                            "/v1/keys",
                            "{\"owner\":\"%s\",\"name\":\"n\",\"ttl\":\"P1D\",\"metadata\":{\"x\":\"%s\"}}"
                                    .formatted(UUID.randomUUID(), metadata));
            if (answer.status() != 201) {
                return answer;
            }
        }
        throw new AssertionError("the disk is never full");
    }
}
