package io.keylapse.lifecycle;

import io.keylapse.active.WriteDeadline;
import io.keylapse.key.KeyId;
import io.keylapse.key.ManagementKeyId;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.lifecycle.Revocations.Revocation;
import io.keylapse.lifecycle.rules.KeyRules;
import io.keylapse.registry.KeyTable;
import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Revokes keys permanently: one key, or all active keys of an owner. */
@Singleton
public final class RevokeKey {
    private static final int KEYS_PER_TRANSACTION = 500;

    private final Postgres postgres;
    private final KeyTable keys;
    private final Revocations revocations;
    private final KeyTransaction transaction;
    private final ChangePublisher publisher;

    RevokeKey(
            Postgres postgres,
            KeyTable keys,
            Revocations revocations,
            KeyTransaction transaction,
            ChangePublisher publisher) {
        this.postgres = postgres;
        this.keys = keys;
        this.revocations = revocations;
        this.transaction = transaction;
        this.publisher = publisher;
    }

    /**
     * Revokes a key. A key that was revoked or rotated before stays as it is, and is published again.
     *
     * @param reason stored in the history; null for none
     * @return {@link ChangeOutcome.Done} or {@link ChangeOutcome.NotFound}
     * @throws InvalidInputException if the reason breaks a rule
     */
    public ChangeOutcome revoke(KeyId id, @Nullable String reason, ManagementKeyId by) {
        return revokeOne(id, reason, by);
    }

    /** The same on request of the key's holder, whom the history does not name. */
    public ChangeOutcome revokeByHolder(KeyId id, @Nullable String reason) {
        return revokeOne(id, reason, null);
    }

    private ChangeOutcome revokeOne(KeyId id, @Nullable String reason, @Nullable ManagementKeyId by) {
        KeyRules.checkReason(reason);
        return transaction.run(() -> keys.lock(id)
                .map(key -> revocations.revoke(key, reason, by))
                .<Decision>map(revocation -> new Decision.Changed(revocation.key(), revocation::log))
                .orElseGet(Decision::notFound));
    }

    /**
     * Revokes all active keys of an owner, in several transactions if there are many. Returns how many it revoked.
     *
     * @throws InvalidInputException if the owner or the reason breaks a rule
     */
    public int revokeAll(String owner, @Nullable String reason, ManagementKeyId by) {
        KeyRules.checkStoredOwner(owner);
        KeyRules.checkReason(reason);
        int revoked = 0;
        while (true) {
            var deadline = WriteDeadline.startingNow();
            List<Revocation> ended = postgres.inTransaction(() -> keys.lockActive(owner, KEYS_PER_TRANSACTION).stream()
                    .map(key -> revocations.revoke(key, reason, by))
                    .toList());
            ended.forEach(Revocation::log);
            var _ = publisher.publish(ended.stream().map(Revocation::key).toList(), deadline);
            revoked += (int) ended.stream().filter(Revocation::changed).count();
            if (ended.size() < KEYS_PER_TRANSACTION) {
                return revoked;
            }
        }
    }
}
