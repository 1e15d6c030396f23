package io.keylapse.registry.outbox;

import io.keylapse.key.KeyId;
import io.keylapse.registry.KeyRecord;
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
        postgres.update(
                "INSERT INTO notice (id, kind, key_id, version, owner, name, hint, email, language, expires_at,"
                        + " successor_id, detail, due_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                NoticeId.generate(at).value(),
                kind.word(),
                key.id().value(),
                key.term().version(),
                key.owner(),
                key.details().name(),
                key.hint(),
                key.details().email(),
                key.details().language(),
                key.term().expiresAt(),
                successor == null ? null : successor.value(),
                detail,
                at);
    }

    /** Also cancels dead deliveries, so that no admin retries an obsolete notice. Attempts in progress are not stopped. */
    private void takeBack(KeyId key) {
        postgres.update(
                "UPDATE delivery SET state = 'cancelled', next_attempt_at = NULL, ended_at = clock_timestamp()"
                        + " FROM notice WHERE notice.id = notice_id AND key_id = ? AND kind IN ('expiring', 'expired')"
                        + " AND state IN ('pending', 'dead')",
                key.value());
    }
}
