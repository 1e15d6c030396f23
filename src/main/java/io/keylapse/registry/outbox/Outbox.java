package io.keylapse.registry.outbox;

import io.keylapse.key.KeyId;
import io.keylapse.registry.KeyRecord;
import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Notices of what somebody decided. They are written in the caller's transaction, so that there is one exactly when there is
 * the change; whom they go to is found out later.
 */
@Singleton
public final class Outbox {
    private final Postgres postgres;

    Outbox(Postgres postgres) {
        this.postgres = postgres;
    }

    /**
     * Writes a notice of what just became of a key whose row the caller has locked, and takes back what was to be told
     * of the deadline that it had before.
     *
     * @param detail in the words of whoever decided; null when not said
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

    /** What has not reached its receiver and is no longer true, so that it is not sent again either. An attempt that is under way cannot be stopped. */
    private void takeBack(KeyId key) {
        postgres.update(
                "UPDATE delivery SET state = 'cancelled', next_attempt_at = NULL, ended_at = clock_timestamp()"
                        + " FROM notice WHERE notice.id = notice_id AND key_id = ? AND kind IN ('expiring', 'expired')"
                        + " AND state IN ('pending', 'dead')",
                key.value());
    }
}
