package io.keylapse.lifecycle;

import io.keylapse.active.WriteDeadline;
import io.keylapse.key.KeyId;
import io.keylapse.key.KeyState;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.key.input.PlainText;
import io.keylapse.lifecycle.rules.KeyRules;
import io.keylapse.registry.KeyRecord;
import io.keylapse.registry.KeyTable;
import io.keylapse.registry.audit.Actor;
import io.keylapse.registry.audit.AuditAction;
import io.keylapse.registry.audit.AuditTrail;
import io.keylapse.registry.KeyTerm;
import io.keylapse.registry.ending.BlacklistTable;
import io.keylapse.registry.outbox.NoticeKind;
import io.keylapse.registry.outbox.Outbox;
import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Revokes keys permanently: one key, or all active keys of an owner. */
@Singleton
public final class RevokeKey {
    private static final Logger LOG = LoggerFactory.getLogger(RevokeKey.class);
    private static final int KEYS_PER_TRANSACTION = 500;

    private final Postgres postgres;
    private final KeyTable keys;
    private final BlacklistTable blacklist;
    private final Outbox outbox;
    private final AuditTrail audit;
    private final KeyTransaction transaction;
    private final ChangePublisher publisher;

    RevokeKey(
            Postgres postgres,
            KeyTable keys,
            BlacklistTable blacklist,
            Outbox outbox,
            AuditTrail audit,
            KeyTransaction transaction,
            ChangePublisher publisher) {
        this.postgres = postgres;
        this.keys = keys;
        this.blacklist = blacklist;
        this.outbox = outbox;
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
                .map(key -> revoke(key, reason, by))
                .map(revocation -> {
                    if (revocation.changed) {
                        audit.add(by, AuditAction.KEY_REVOKE, id, revocation.key.readAt());
                    }
                    return revocation;
                })
                .<Decision>map(revocation -> new Decision.Changed(revocation.key, () -> log(revocation, reason, by)))
                .orElseGet(Decision::notFound));
    }

    /** What revoking this key would make of it. The same if it was revoked or rotated before. */
    public KeyTerm preview(KeyRecord key) {
        return isFinal(key) ? key.term() : key.term().revoked(key.readAt());
    }

    private static boolean isFinal(KeyRecord key) {
        return key.state() == KeyState.REVOKED || key.state() == KeyState.ROTATED;
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
        while (true) {
            var deadline = WriteDeadline.startingNow();
            List<Revocation> ended = postgres.inTransaction(() -> {
                List<Revocation> part = keys.lockActive(owner, KEYS_PER_TRANSACTION).stream()
                        .map(key -> revoke(key, reason, by))
                        .toList();
                record(owner, part.stream().filter(Revocation::changed).toList(), by);
                return part;
            });
            ended.forEach(each -> log(each, reason, by));
            var _ = publisher.publish(ended.stream().map(Revocation::key).toList(), deadline);
            revoked += (int) ended.stream().filter(Revocation::changed).count();
            if (ended.size() < KEYS_PER_TRANSACTION) {
                return revoked;
            }
        }
    }

    /** A key after its revocation, and whether that changed it. */
    private record Revocation(KeyRecord key, boolean changed) {}

    private Revocation revoke(KeyRecord key, @Nullable String reason, Actor by) {
        if (key.term().isOverdueAt(key.readAt())) {
            key = key.with(key.term().lapsed());
            blacklist.insert(key, null, null);
            keys.update(key);
        }
        if (isFinal(key)) {
            return new Revocation(key, false);
        }
        KeyRecord revoked = key.with(key.term().revoked(key.readAt()));
        keys.update(revoked);
        blacklist.insert(revoked, reason, by.managementKey());
        outbox.add(NoticeKind.REVOKED, revoked, key.readAt(), reason);
        return new Revocation(revoked, true);
    }

    /** Records the revocation of an owner's keys: one entry for all, and one for each. */
    private void record(String owner, List<Revocation> revoked, Actor by) {
        if (!revoked.isEmpty()) {
            Instant at = revoked.getFirst().key.readAt();
            audit.addCounted(by, AuditAction.OWNER_REVOKE, owner, revoked.size(), at);
            List<String> ids =
                    revoked.stream().map(each -> each.key.id().toString()).toList();
            audit.addEach(by, AuditAction.KEY_REVOKE, ids, at);
        }
    }

    private static void log(Revocation revocation, @Nullable String reason, Actor by) {
        if (revocation.changed) {
            LOG.info(
                    "revoked {} owner={} reason={} by={}",
                    revocation.key.id(),
                    PlainText.quoted(revocation.key.owner()),
                    PlainText.quoted(reason == null ? "" : reason),
                    by);
        }
    }
}
