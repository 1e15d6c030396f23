package io.keylapse.notice;

import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.notice.plan.NoticeRetention;
import io.keylapse.registry.sql.Postgres;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which notices are deleted, and which are kept. */
@NullUnmarked
class NoticeRetentionIT extends NoticeTests {
    private static final int DAYS_KEPT = 90;

    @BeforeEach
    void none() {
        sql("DELETE FROM delivery");
        sql("DELETE FROM notice");
    }

    /** A notice that was written and routed that many days ago; its key does not matter. */
    private static UUID notice(String kind, UUID key, int daysAgo) {
        UUID id = idOf(daysAgo);
        sql(
                "INSERT INTO notice (id, kind, key_id, version, owner, name, hint, due_at, written_at, routed_at)"
                        + " SELECT ?, ?, ?, 1, 'acme', 'n', 'kl_h', at, at, at FROM (SELECT now() - ? * interval '1 day' AS at) t",
                id,
                kind,
                key,
                daysAgo);
        return id;
    }

    private static UUID idOf(int daysAgo) {
        return new UUID(
                (System.currentTimeMillis() - daysAgo * 86_400_000L) << 16 | 0x7000L,
                UUID.randomUUID().getLeastSignificantBits());
    }

    private static void delivery(UUID notice, String state, int endedDaysAgo) {
        UUID id = UUID.randomUUID();
        sql(
                "INSERT INTO delivery (id, notice_id, channel, target, state, attempts, next_attempt_at, ended_at)"
                        + " SELECT ?, ?, 'email', 'a@example.org', ?, 1,"
                        + " CASE ? WHEN 'pending' THEN now() + interval '1 day' END,"
                        + " CASE ? WHEN 'pending' THEN NULL ELSE now() - ? * interval '1 day' END",
                id,
                notice,
                state,
                state,
                state,
                endedDaysAgo);
        sql(
                "INSERT INTO delivery_attempt (delivery_id, number, begun_at, took_ms, outcome)"
                        + " VALUES (?, 1, now(), 1, 'said no')",
                id);
    }

    private static long count(String table) {
        return stores.ask("SELECT count(*) FROM " + table);
    }

    private static void removeOld() {
        node.bean(NoticeRetention.class).runOnce();
    }

    @Test
    void notices_deliveries_and_attempts_are_deleted_after_the_configured_time_only() {
        for (int i = 0; i < 1_200; i++) {
            notice("revoked", UUID.randomUUID(), DAYS_KEPT + 1);
        }
        delivery(notice("revoked", UUID.randomUUID(), DAYS_KEPT + 1), "delivered", DAYS_KEPT + 1);
        delivery(notice("expired", UUID.randomUUID(), DAYS_KEPT + 300), "dead", DAYS_KEPT + 1);
        delivery(notice("revoked", UUID.randomUUID(), DAYS_KEPT - 1), "delivered", DAYS_KEPT - 1);
        removeOld();
        assertThat(count("notice")).isOne();
        assertThat(count("delivery")).isOne();
        assertThat(count("delivery_attempt")).isOne();
    }

    @Test
    void what_is_still_to_be_delivered_or_was_only_just_is_kept() {
        UUID late = notice("revoked", UUID.randomUUID(), DAYS_KEPT + 30);
        delivery(late, "pending", 0);
        delivery(late, "delivered", DAYS_KEPT + 30);
        UUID recent = notice("revoked", UUID.randomUUID(), DAYS_KEPT + 30);
        delivery(recent, "delivered", 1);
        delivery(recent, "dead", DAYS_KEPT + 30);
        removeOld();
        assertThat(count("notice")).isEqualTo(2);
        assertThat(count("delivery")).isEqualTo(4);
    }

    @Test
    void a_notice_that_is_not_routed_yet_is_kept() {
        var postgres = node.bean(Postgres.class);
        var notices = node.bean(NoticeTable.class);
        UUID id = postgres.inTransaction(() -> {
            // In one transaction, because a notice is routed as soon as it is visible.
            UUID unrouted = idOf(DAYS_KEPT + 30);
            postgres.update(
                    "INSERT INTO notice (id, kind, key_id, version, owner, name, hint, due_at, written_at)"
                            + " SELECT ?, 'revoked', ?, 1, 'acme', 'n', 'kl_h', at, at"
                            + " FROM (SELECT now() - ? * interval '1 day' AS at) t",
                    unrouted,
                    UUID.randomUUID(),
                    DAYS_KEPT + 30);
            notices.removeOld(postgres.now().minus(Duration.ofDays(DAYS_KEPT)), Optional.empty(), 10);
            return unrouted;
        });
        assertThat(count("notice WHERE id = '" + id + "'")).isOne();
    }

    @Test
    void that_an_active_key_was_renewed_is_kept_because_its_lead_times_count_from_then() {
        admin.issue("{\"owner\":\"acme\",\"name\":\"n\",\"ttl\":\"P365D\"}");
        notice("renewed", UUID.randomUUID(), DAYS_KEPT + 1);
        UUID kept = notice("renewed", UUID.randomUUID(), DAYS_KEPT + 1);
        sql("UPDATE notice SET key_id = (SELECT id FROM api_key WHERE state = 'active' LIMIT 1) WHERE id = ?", kept);
        removeOld();
        assertThat(count("notice WHERE id = '" + kept + "'")).isOne();
        assertThat(count("notice")).isOne();
    }
}
