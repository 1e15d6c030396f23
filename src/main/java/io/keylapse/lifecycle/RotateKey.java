package io.keylapse.lifecycle;

import io.keylapse.key.KeyFormat;
import io.keylapse.key.KeyId;
import io.keylapse.key.KeyState;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.key.input.PlainText;
import io.keylapse.lifecycle.rules.Deadline;
import io.keylapse.lifecycle.rules.KeyRules;
import io.keylapse.lifecycle.rules.LifecycleSettings;
import io.keylapse.registry.KeyRecord;
import io.keylapse.registry.KeyTable;
import io.keylapse.registry.audit.AuditAction;
import io.keylapse.registry.audit.AuditTrail;
import io.keylapse.registry.ending.BlacklistTable;
import io.keylapse.registry.outbox.NoticeKind;
import io.keylapse.registry.outbox.Outbox;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Replaces a key by a successor. The old key is accepted for a grace period. */
@Singleton
public final class RotateKey {
    /** The default grace, during which both keys are accepted. */
    public static final Duration DEFAULT_GRACE = Duration.ofMinutes(5);

    private static final Logger LOG = LoggerFactory.getLogger(RotateKey.class);

    private final KeyTable keys;
    private final BlacklistTable blacklist;
    private final Outbox outbox;
    private final LifecycleSettings settings;
    private final Idempotency idempotency;
    private final KeyFormat format;
    private final AuditTrail audit;
    private final KeyTransaction transaction;

    RotateKey(
            KeyTable keys,
            BlacklistTable blacklist,
            Outbox outbox,
            LifecycleSettings settings,
            Idempotency idempotency,
            KeyFormat format,
            AuditTrail audit,
            KeyTransaction transaction) {
        this.keys = keys;
        this.blacklist = blacklist;
        this.outbox = outbox;
        this.settings = settings;
        this.idempotency = idempotency;
        this.format = format;
        this.audit = audit;
        this.transaction = transaction;
    }

    /**
     * Rotates a key.
     *
     * @param grace how long the old key is still accepted, unless it expires earlier
     * @param ttl the lifetime of the successor; null for the lifetime that the old key was issued with
     * @return {@link ChangeOutcome.Issued} with the successor, {@link ChangeOutcome.NotFound}, {@link ChangeOutcome.Ended}
     *     for a key that is not active or already replaced, or one of the outcomes of idempotency
     * @throws InvalidInputException if grace or ttl breaks a rule
     */
    public ChangeOutcome rotate(KeyId id, Duration grace, @Nullable Duration ttl, IdempotentRequest request) {
        KeyRules.checkGrace(grace, settings);
        return transaction.run(() -> idempotency.once(
                request,
                () -> keys.lock(id).map(key -> rotate(key, grace, ttl, request)).orElseGet(Decision::notFound)));
    }

    private Decision rotate(KeyRecord key, Duration grace, @Nullable Duration ttl, IdempotentRequest request) {
        if (key.state() != KeyState.ACTIVE || key.term().successorId() != null) {
            return new Decision.Unchanged(new ChangeOutcome.Ended(key));
        }
        Instant now = key.readAt();
        @Nullable
        Instant expiresAt =
                Deadline.lasting(ttl, key.term().lifetime(), settings).resolve(now, settings);
        NewRecord successor = NewRecord.make(format, key.owner(), key.details(), expiresAt, key.id(), now);
        keys.insert(successor.key());
        KeyRecord old = key.with(key.term().rotated(successor.key().id(), now, grace.truncatedTo(ChronoUnit.MILLIS)));
        keys.update(old);
        if (old.term().recorded() != KeyState.ACTIVE) {
            blacklist.insert(old, null, request.by().managementKey());
        }
        audit.add(request.by(), AuditAction.KEY_ROTATE, old.id(), now);
        audit.add(request.by(), AuditAction.KEY_ISSUE, successor.key().id(), now);
        outbox.add(NoticeKind.ROTATED, old, now, null);
        return new Decision.Created(successor.key(), successor.secret(), old, () -> {
            LOG.info(
                    "rotated {} owner={} ends={} successor={} by={}",
                    old.id(),
                    PlainText.quoted(old.owner()),
                    old.term().expiresAt(),
                    old.term().successorId(),
                    request.by());
            IssueKey.log(successor.key(), request.by());
        });
    }
}
