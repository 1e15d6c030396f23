package io.keylapse.registry.outbox;

import io.keylapse.key.KeyId;
import io.keylapse.registry.KeyRecord;
import io.keylapse.registry.sql.NamedSql;
import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Transactional outbox for notices of revocations, rotations and renewals. A notice is written in the transaction of its
 * change, so one exists exactly if the change was committed. Receivers are determined later.
 */
@Singleton
public final class Outbox {
    private static final NamedSql INSERT = NamedSql.of("""
            INSERT INTO notice (id, kind, key_id, version, owner, name, hint, email, language, expires_at,
                successor_id, detail, due_at)
            VALUES (:id, :kind, :key, :version, :owner, :name, :hint, :email, :language, :expiresAt,
                :successor, :detail, :dueAt)""");

    private static final String CANCEL_DELIVERIES = """
            UPDATE delivery SET state = 'cancelled', next_attempt_at = NULL, ended_at = clock_timestamp()
            FROM notice
            WHERE notice.id = notice_id AND key_id = ? AND kind IN ('expiring', 'expired', 'refused')
                AND state IN ('pending', 'dead')""";

    private final Postgres postgres;

    Outbox(Postgres postgres) {
        this.postgres = postgres;
    }

    /**
     * Adds a notice of a change, and cancels pending and dead deliveries about the key's earlier deadline. The caller has
     * locked the key's row.
     *
     * @param detail the reason that the caller gave; null if none was given
     */
    public void add(NoticeKind kind, KeyRecord key, Instant at, @Nullable String detail) {
        takeBack(key.id());
        KeyId successor = key.term().successorId();
        postgres.update(INSERT.with("id", NoticeId.generate(at).value())
                .with("kind", kind.word())
                .with("key", key.id().value())
                .with("version", key.term().version())
                .with("owner", key.owner())
                .with("name", key.details().name())
                .with("hint", key.hint())
                .with("email", key.details().email())
                .with("language", key.details().language())
                .with("expiresAt", key.term().expiresAt())
                .with("successor", successor == null ? null : successor.value())
                .with("detail", detail)
                .with("dueAt", at));
    }

    /** Also cancels dead deliveries, so that no admin retries an obsolete notice. Attempts in progress are not stopped. */
    private void takeBack(KeyId key) {
        postgres.update(CANCEL_DELIVERIES, key.value());
    }
}
