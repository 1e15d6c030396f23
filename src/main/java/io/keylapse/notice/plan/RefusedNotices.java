package io.keylapse.notice.plan;

import io.keylapse.key.KeyId;
import io.keylapse.notice.Notice;
import io.keylapse.registry.outbox.NoticeId;
import io.keylapse.registry.outbox.NoticeKind;
import io.keylapse.registry.sql.Columns;
import io.keylapse.registry.sql.Postgres;
import io.keylapse.registry.usage.RecorderTable;
import jakarta.inject.Singleton;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Planner for {@link NoticeKind#REFUSED}: writes a notice for each ended key that is still used, at most once a day. Whoever
 * writes a refusal says when the next notice of its key is due.
 */
@Singleton
final class RefusedNotices {
    private static final int BATCH = 200;

    /** A key that is being changed is left for the next round. Nodes of versions without this kind cannot read it. */
    private static final String LOCK = """
            SELECT r.key_id, greatest(r.first_refused_at, ended) AS since, ended, k.version, k.owner, k.name, k.hint,
                k.contact_email, k.contact_language, k.expires_at, k.successor_id, state_now,
                r.last_refused_at > ended - interval '1 minute' AS refused
            FROM key_refusal r
                JOIN api_key k ON k.id = r.key_id
                CROSS JOIN LATERAL (SELECT
                    CASE WHEN k.state <> 'active' THEN k.ended_at WHEN k.expires_at <= now() THEN k.expires_at END AS ended,
                    CASE WHEN k.state <> 'active' THEN k.state ELSE k.end_reason END AS state_now) AS now
            WHERE r.notice_due_at <= now() AND NOT EXISTS (
                SELECT FROM node WHERE seen_at > now() - interval '10 seconds' AND knows <\s""" + RecorderTable.SINCE_MIGRATION + """
            )
            ORDER BY r.notice_due_at, r.key_id
            LIMIT ?
            FOR UPDATE OF r SKIP LOCKED FOR SHARE OF k SKIP LOCKED""";

    private static final String DONE = """
            UPDATE key_refusal SET notice_due_at = NULL,
                noticed_at = CASE WHEN key_id = ANY (?) THEN ?::timestamptz ELSE noticed_at END
            WHERE key_id = ANY (?)""";

    private final Recipients recipients;
    private final Postgres postgres;

    RefusedNotices(Recipients recipients, Postgres postgres) {
        this.recipients = recipients;
        this.postgres = postgres;
    }

    /** A key that a notice is due for; null if it has not been refused since its end, or is active again. */
    private record Due(UUID key, @Nullable Notice notice) {}

    /**
     * Plans one batch.
     *
     * @return whether there is more
     */
    boolean runOnce() {
        return postgres.inTransaction(this::plan);
    }

    private boolean plan() {
        Instant now = postgres.now();
        List<Due> due = postgres.query(LOCK, row -> read(row, now), BATCH);
        if (due.isEmpty()) {
            return false;
        }
        List<Notice> notices =
                due.stream().map(Due::notice).flatMap(Stream::ofNullable).toList();
        recipients.add(notices);
        postgres.update(
                DONE,
                notices.stream().map(notice -> notice.keyId().value()).toArray(UUID[]::new),
                now,
                due.stream().map(Due::key).toArray(UUID[]::new));
        return due.size() == BATCH;
    }

    private static Due read(ResultSet row, Instant now) throws SQLException {
        UUID key = row.getObject("key_id", UUID.class);
        return new Due(key, row.getBoolean("refused") ? notice(row, new KeyId(key), now) : null);
    }

    private static Notice notice(ResultSet row, KeyId key, Instant now) throws SQLException {
        UUID successor = row.getObject("successor_id", UUID.class);
        return new Notice(
                NoticeId.generate(now),
                NoticeKind.REFUSED,
                key,
                row.getInt("version"),
                row.getString("owner"),
                row.getString("name"),
                row.getString("hint"),
                row.getString("contact_email"),
                row.getString("contact_language"),
                Columns.nullableInstant(row, "expires_at"),
                null,
                successor == null ? null : new KeyId(successor),
                row.getString("state_now"),
                Columns.instant(row, "since"),
                now);
    }
}
