package io.keylapse.lifecycle;

import io.keylapse.active.WriteDeadline;
import io.keylapse.key.KeyId;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.lifecycle.Revocations.Revocation;
import io.keylapse.lifecycle.rules.KeyRules;
import io.keylapse.registry.KeyRecord;
import io.keylapse.registry.KeyTable;
import io.keylapse.registry.KeyTerm;
import io.keylapse.registry.audit.Actor;
import io.keylapse.registry.audit.AuditAction;
import io.keylapse.registry.audit.AuditTrail;
import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Revokes keys permanently: one key, or all active keys of an owner. */
@Singleton
public final class RevokeKey {
    private static final int KEYS_PER_TRANSACTION = 500;

    private final Postgres postgres;
    private final KeyTable keys;
    private final Revocations revocations;
    private final AuditTrail audit;
    private final KeyTransaction transaction;
    private final ChangePublisher publisher;

    RevokeKey(
            Postgres postgres,
            KeyTable keys,
            Revocations revocations,
            AuditTrail audit,
            KeyTransaction transaction,
            ChangePublisher publisher) {
        this.postgres = postgres;
        this.keys = keys;
        this.revocations = revocations;
        this.audit = audit;
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
    public ChangeOutcome revoke(KeyId id, @Nullable String reason, Actor by) {
        KeyRules.checkReason(reason);
        return transaction.run(() -> keys.lock(id)
                .map(key -> {
                    Revocation revocation = revocations.revoke(key, reason, by);
                    if (revocation.changed()) {
                        audit.add(by, AuditAction.KEY_REVOKE, id, key.readAt());
                    }
                    return revocation;
                })
                .<Decision>map(revocation -> new Decision.Changed(revocation.key(), revocation::log))
                .orElseGet(Decision::notFound));
    }

    /** The key as revoking it would leave it. Unchanged if it was revoked or rotated before. */
    public KeyTerm preview(KeyRecord key) {
        return Revocations.isFinal(key) ? key.term() : key.term().revoked(key.readAt());
    }

    /**
     * Revokes all active keys of an owner, in several transactions if there are many. Returns how many it revoked.
     *
     * @throws InvalidInputException if the owner or the reason breaks a rule
     */
    public int revokeAll(String owner, @Nullable String reason, Actor by) {
        KeyRules.checkStoredOwner(owner);
        KeyRules.checkReason(reason);
        int revoked = 0;
        int empty = 0;
        // A rotation that was under way may have made a successor that the first empty pass did not see yet.
        while (empty < 2) {
            var deadline = WriteDeadline.startingNow();
            List<Revocation> ended = postgres.inTransaction(() -> {
                List<Revocation> part = keys.lockActive(owner, KEYS_PER_TRANSACTION).stream()
                        .map(key -> revocations.revoke(key, reason, by))
                        .toList();
                record(owner, part.stream().filter(Revocation::changed).toList(), by);
                return part;
            });
            ended.forEach(Revocation::log);
            var _ = publisher.publish(ended.stream().map(Revocation::key).toList(), deadline);
            revoked += (int) ended.stream().filter(Revocation::changed).count();
            empty = ended.isEmpty() ? empty + 1 : 0;
        }
        return revoked;
    }

    /** Records the revocation of an owner's keys: one entry for all, and one for each. */
    private void record(String owner, List<Revocation> revoked, Actor by) {
        if (!revoked.isEmpty()) {
            Instant at = revoked.getFirst().key().readAt();
            audit.addCounted(by, AuditAction.OWNER_REVOKE, owner, revoked.size(), at);
            List<String> ids =
                    revoked.stream().map(each -> each.key().id().toString()).toList();
            audit.addEach(by, AuditAction.KEY_REVOKE, ids, at);
        }
    }
}
