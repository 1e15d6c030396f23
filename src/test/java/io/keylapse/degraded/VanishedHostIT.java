package io.keylapse.degraded;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.key.KeyId;
import io.keylapse.registry.ChangeLog;
import io.keylapse.registry.sql.Postgres;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A transaction that a vanished host left open delays others for a limited time only, or is reported to operators. */
class VanishedHostIT {
    private static final WiredNode vanishing = new WiredNode();
    private static final Node other = Node.start(vanishing.stores, Map.of()).awaitRedisFollowed();

    @AfterEach
    void heal() {
        vanishing.heal();
    }

    @Test
    void a_host_that_vanishes_inside_a_transaction_does_not_block_others_for_long() throws SQLException {
        Answer key = other.issue(WiredNode.LONG);
        other.awaitRedisFollowed();
        leaveARevocationUncommitted(key);
        assertThat(vanishing.stores.ask("SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'"))
                .isEqualTo(1);

        String revoke =
                "/v1/keys/" + other.admin().issue("another", WiredNode.LONG).text("id");
        assertThat(other.admin().delete(revoke).status()).isEqualTo(200);

        // The feed and the marks go on, and so does the list in the order of recording.
        long change = vanishing.stores.ask("SELECT last_value FROM key_change");
        long recorded = vanishing.stores.ask("SELECT last_value FROM blacklist_position");
        await().atMost(10, SECONDS).until(() -> other.bean(ChangeLog.class).horizon() >= change);
        assertThat(vanishing.stores.ask("SELECT blacklist_horizon()")).isGreaterThanOrEqualTo(recorded);
        other.awaitRedisFollowed();
        Answer renewed = renew(key);
        assertThat(renewed.status()).as(renewed.body()).isEqualTo(200);
    }

    @Test
    void a_caller_that_waits_too_long_for_a_lock_is_asked_to_retry() throws SQLException {
        Answer key = other.issue(WiredNode.LONG);
        try (Connection holder = vanishing.stores.connect();
                Statement statement = holder.createStatement()) {
            holder.setAutoCommit(false);
            statement.execute("SELECT FROM api_key WHERE id = '" + uuid(key) + "' FOR UPDATE");
            Answer busy = renew(key);
            assertThat(busy.status()).as(busy.body()).isEqualTo(503);
            assertThat(busy.text("code")).isEqualTo("STORE_UNAVAILABLE");
            assertThat(busy.header("Retry-After")).matches("[1-9][0-9]*");
        }
        assertThat(renew(key).status()).isEqualTo(200);
    }

    @Test
    void a_transaction_of_an_administrator_that_holds_the_feed_back_is_named() throws SQLException {
        Answer key = other.issue(WiredNode.LONG);
        try (Connection psql = vanishing.stores.connect();
                Statement statement = psql.createStatement()) {
            statement.execute("SET application_name = 'psql of an administrator'");
            psql.setAutoCommit(false);
            statement.execute("UPDATE api_key SET change = nextval('key_change') WHERE id = '" + uuid(key) + "'");
            ResultSet pid = statement.executeQuery("SELECT pg_backend_pid()");
            pid.next();

            vanishing.awaitDegraded("process " + pid.getInt(1) + " of Postgres (psql of an administrator");
            vanishing.awaitDegraded("pg_terminate_backend(" + pid.getInt(1) + ")");
            assertThat(oldest()).isGreaterThan(10);
        }
        await().atMost(10, SECONDS).until(() -> oldest() == 0);
    }

    private static double oldest() {
        return vanishing
                .node
                .bean(MeterRegistry.class)
                .get("keylapse.feed.oldest.transaction.age.seconds")
                .gauge()
                .value();
    }

    private static UUID uuid(Answer key) {
        return KeyId.parse(key.text("id")).orElseThrow().value();
    }

    private static Answer renew(Answer key) {
        return other.admin().post("/v1/keys/" + key.text("id") + "/renew", "{\"ttl\":\"PT2H\"}");
    }

    /** Leaves a revocation uncommitted, like a node that loses its network between the statements and the commit. */
    private static void leaveARevocationUncommitted(Answer key) {
        Postgres postgres = vanishing.node.bean(Postgres.class);
        Thread.startVirtualThread(() -> postgres.inTransaction(() -> {
            postgres.update(
                    "UPDATE api_key SET state = 'revoked', ended_at = now(), version = version + 1,"
                            + " change = nextval('key_change') WHERE id = ?",
                    uuid(key));
            postgres.update(
                    "INSERT INTO blacklist (key_id, version, owner, name, hint, reason, ended_at, source)"
                            + " SELECT id, version, owner, name, hint, state, ended_at, 'request' FROM api_key"
                            + " WHERE id = ?",
                    uuid(key));
            vanishing.toPostgres.swallow();
            return true;
        }));
        await().atMost(Duration.ofSeconds(10))
                .until(() -> vanishing.stores.ask(
                                "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'")
                        == 1);
    }
}
