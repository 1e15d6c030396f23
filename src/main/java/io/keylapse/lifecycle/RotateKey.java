package io.keylapse.lifecycle;

import io.keylapse.key.KeyFormat;
import io.keylapse.key.KeyId;
import io.keylapse.key.KeyState;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.key.input.PlainText;
import io.keylapse.lifecycle.Revocations.Revocation;
import io.keylapse.lifecycle.rules.Deadline;
import io.keylapse.lifecycle.rules.KeyRules;
import io.keylapse.lifecycle.rules.LifecycleSettings;
import io.keylapse.lifecycle.rules.SelfRotation;
import io.keylapse.registry.KeyRecord;
import io.keylapse.registry.KeyTable;
import io.keylapse.registry.SelfRotationTable;
import io.keylapse.registry.audit.Actor;
import io.keylapse.registry.audit.AuditAction;
import io.keylapse.registry.audit.AuditTrail;
import io.keylapse.registry.ending.BlacklistTable;
import io.keylapse.registry.outbox.NoticeKind;
import io.keylapse.registry.outbox.Outbox;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Replaces a key by a successor. The old key is accepted for a grace period. */
@Singleton
public final class RotateKey {
    /** The default grace, during which both keys are accepted. */
    public static final Duration DEFAULT_GRACE = Duration.ofMinutes(5);

    private static final Logger LOG = LoggerFactory.getLogger(RotateKey.class);
    private static final String REPEATED = "the rotation was repeated before anybody used this key";

    private final KeyTable keys;
    private final SelfRotationTable selfRotations;
    private final BlacklistTable blacklist;
    private final Outbox outbox;
    private final Revocations revocations;
    private final LifecycleSettings settings;
    private final SelfRotation selfRotation;
    private final Idempotency idempotency;
    private final KeyFormat format;
    private final AuditTrail audit;
    private final KeyTransaction transaction;

    RotateKey(
            KeyTable keys,
            SelfRotationTable selfRotations,
            BlacklistTable blacklist,
            Outbox outbox,
            Revocations revocations,
            LifecycleSettings settings,
            SelfRotation selfRotation,
            Idempotency idempotency,
            KeyFormat format,
            AuditTrail audit,
            KeyTransaction transaction) {
        this.keys = keys;
        this.selfRotations = selfRotations;
        this.blacklist = blacklist;
        this.outbox = outbox;
        this.revocations = revocations;
        this.settings = settings;
        this.selfRotation = selfRotation;
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
                () -> keys.lock(id)
                        .map(key -> rotate(key, grace, ttl, request.by()))
                        .orElseGet(Decision::notFound)));
    }

    private Decision rotate(KeyRecord key, Duration grace, @Nullable Duration ttl, Actor by) {
        if (key.state() != KeyState.ACTIVE || key.term().successorId() != null) {
            return new Decision.Unchanged(new ChangeOutcome.Ended(key));
        }
        Instant now = key.readAt();
        return replace(
                key,
                Deadline.lasting(ttl, key.term().lifetime(), settings).resolve(now, settings),
                grace,
                Optional.empty(),
                by);
    }

    /**
     * Rotates a key on request of its holder, within the limits of {@link SelfRotation}. It can be repeated during the grace
     * if the response was lost: a successor that nobody has claimed is revoked and replaced by another one.
     *
     * @param grace how long the old key is still accepted, unless it expires earlier
     * @param ttl the lifetime of the successor; null for the lifetime that the old key was issued with
     * @return {@link ChangeOutcome.Issued} with the successor, {@link ChangeOutcome.NotFound}, {@link
     *     ChangeOutcome.NotAllowed}, {@link ChangeOutcome.TooMany}, or {@link ChangeOutcome.Ended} for a key that has ended,
     *     whose successor is in use, or that another call replaced during this one
     * @throws InvalidInputException if grace or ttl breaks a rule
     */
    public ChangeOutcome rotateByHolder(KeyId id, Duration grace, @Nullable Duration ttl, Actor by) {
        KeyRules.checkGrace(grace, settings);
        // A call that began before another one rotated the key is no repeat: the other response is still on its way.
        int version = keys.find(id).map(key -> key.term().version()).orElse(0);
        return transaction.run(() -> keys.lock(id)
                .map(key -> rotateByHolder(key, grace, ttl, key.term().version() == version, by))
                .orElseGet(Decision::notFound));
    }

    /** Whether {@link #rotateByHolder} would rotate this key now, apart from its limit per day. */
    public boolean isAllowedToHolder(KeyRecord key) {
        KeyId successorId = key.term().successorId();
        return selfRotation.isAllowed()
                && key.state() == KeyState.ACTIVE
                && (successorId == null
                        || (selfRotations.isUnclaimed(successorId)
                                && keys.find(successorId)
                                        .filter(RotateKey::isAsIssued)
                                        .isPresent()));
    }

    /** @param isRepeat whether the key, if it was replaced, had been when the request began */
    private Decision rotateByHolder(KeyRecord key, Duration grace, @Nullable Duration ttl, boolean isRepeat, Actor by) {
        if (!selfRotation.isAllowed()) {
            return new Decision.Unchanged(new ChangeOutcome.NotAllowed(key));
        }
        KeyId successorId = key.term().successorId();
        Optional<KeyRecord> unclaimed = successorId == null
                ? Optional.empty()
                : keys.lock(successorId).filter(successor -> isRepeat && isUnclaimed(successor));
        if (key.state() != KeyState.ACTIVE || (successorId != null && unclaimed.isEmpty())) {
            return new Decision.Unchanged(new ChangeOutcome.Ended(key));
        }
        Instant now = key.readAt();
        Instant expiresAt = SelfRotation.deadline(key.term(), now, ttl, settings);
        Optional<Duration> wait = selfRotations.wait(key.id(), selfRotation.selfRotationsPerDay(), now);
        if (wait.isPresent()) {
            return new Decision.Unchanged(new ChangeOutcome.TooMany(key, wait.get()));
        }
        Optional<Revocation> revoked = unclaimed.map(successor -> {
            keys.detach(successor.id());
            audit.add(by, AuditAction.KEY_REVOKE, successor.id(), now);
            return revocations.revoke(successor, REPEATED, by);
        });
        Decision.Created created = replace(key, expiresAt, grace, revoked, by);
        selfRotations.add(key.id(), created.key().id(), now);
        return created;
    }

    /**
     * Whether nobody has claimed this successor: nobody has called with its secret, no use of it is recorded, and nobody has
     * changed it.
     */
    private boolean isUnclaimed(KeyRecord successor) {
        return isAsIssued(successor) && selfRotations.lockUnclaimed(successor.id());
    }

    private static boolean isAsIssued(KeyRecord key) {
        return key.term().version() == 1;
    }

    /**
     * @param revoked the earlier successor, if this one takes its place
     */
    private Decision.Created replace(
            KeyRecord key, @Nullable Instant expiresAt, Duration grace, Optional<Revocation> revoked, Actor by) {
        Instant now = key.readAt();
        NewRecord successor = NewRecord.make(format, key.owner(), key.details(), expiresAt, key.id(), now);
        keys.insert(successor.key());
        KeyRecord old = key.with(key.term().rotated(successor.key().id(), now, grace.truncatedTo(ChronoUnit.MILLIS)));
        keys.update(old);
        if (old.term().recorded() != KeyState.ACTIVE) {
            blacklist.insert(old, null, by.managementKey());
        }
        audit.add(by, AuditAction.KEY_ROTATE, old.id(), now);
        audit.add(by, AuditAction.KEY_ISSUE, successor.key().id(), now);
        outbox.add(NoticeKind.ROTATED, old, now, null);
        List<KeyRecord> changed = Stream.concat(Stream.of(old), revoked.stream().map(Revocation::key))
                .toList();
        return new Decision.Created(successor.key(), successor.secret(), changed, () -> {
            revoked.ifPresent(Revocation::log);
            LOG.info(
                    "rotated {} owner={} ends={} successor={} by={}",
                    old.id(),
                    PlainText.quoted(old.owner()),
                    old.term().expiresAt(),
                    old.term().successorId(),
                    by);
            IssueKey.log(successor.key(), by);
        });
    }
}
