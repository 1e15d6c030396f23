package io.keylapse.lifecycle;

import io.keylapse.key.KeyId;
import io.keylapse.key.KeyState;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.key.input.PlainText;
import io.keylapse.lifecycle.rules.Deadline;
import io.keylapse.lifecycle.rules.LifecycleSettings;
import io.keylapse.lifecycle.rules.SelfRenewal;
import io.keylapse.registry.KeyRecord;
import io.keylapse.registry.KeyTable;
import io.keylapse.registry.KeyTerm;
import io.keylapse.registry.audit.Actor;
import io.keylapse.registry.audit.AuditAction;
import io.keylapse.registry.audit.AuditTrail;
import io.keylapse.registry.ending.BlacklistTable;
import io.keylapse.registry.outbox.NoticeKind;
import io.keylapse.registry.outbox.Outbox;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sets a new deadline of a key, later or earlier. An expired key becomes active again. */
@Singleton
public final class RenewKey {
    private static final Logger LOG = LoggerFactory.getLogger(RenewKey.class);

    private final KeyTable keys;
    private final BlacklistTable blacklist;
    private final Outbox outbox;
    private final LifecycleSettings settings;
    private final SelfRenewal selfRenewal;
    private final AuditTrail audit;
    private final KeyTransaction transaction;

    RenewKey(
            KeyTable keys,
            BlacklistTable blacklist,
            Outbox outbox,
            LifecycleSettings settings,
            SelfRenewal selfRenewal,
            AuditTrail audit,
            KeyTransaction transaction) {
        this.keys = keys;
        this.blacklist = blacklist;
        this.outbox = outbox;
        this.settings = settings;
        this.selfRenewal = selfRenewal;
        this.audit = audit;
        this.transaction = transaction;
    }

    /**
     * Renews a key.
     *
     * @return {@link ChangeOutcome.Done}, {@link ChangeOutcome.NotFound}, or {@link ChangeOutcome.Ended} for a key that was
     *     revoked or replaced
     * @throws InvalidInputException if the rules do not allow that deadline
     */
    public ChangeOutcome renew(KeyId id, Deadline wanted, Actor by) {
        return transaction.run(() -> keys.lock(id)
                .map(key -> renew(key, () -> wanted.resolve(key.readAt(), settings), by))
                .orElseGet(Decision::notFound));
    }

    /**
     * The key as renewing it would leave it; empty for a key that was revoked or replaced.
     *
     * @throws InvalidInputException if the rules do not allow that deadline
     */
    public Optional<KeyTerm> preview(KeyRecord key, Deadline wanted) {
        return isRenewable(key)
                ? Optional.of(key.term().renewed(wanted.resolve(key.readAt(), settings)))
                : Optional.empty();
    }

    private static boolean isRenewable(KeyRecord key) {
        KeyState state = key.state();
        return (state == KeyState.ACTIVE || state == KeyState.EXPIRED)
                && key.term().successorId() == null;
    }

    /**
     * Renews a key on request of its holder, within the limits of {@link SelfRenewal}.
     *
     * @param ttl its lifetime from now; null for the lifetime that it was issued with
     * @return {@link ChangeOutcome.Done}, {@link ChangeOutcome.NotFound}, or {@link ChangeOutcome.NotAllowed}
     * @throws InvalidInputException naming {@code ttl}, if the key holder is not allowed this lifetime
     */
    public ChangeOutcome renewByHolder(KeyId id, @Nullable Duration ttl, Actor by) {
        return transaction.run(() ->
                keys.lock(id).map(key -> renewByHolder(key, ttl, _ -> true, by)).orElseGet(Decision::notFound));
    }

    /**
     * The same, authorized by a link from a mail about the key.
     *
     * @param useUp marks the link as used for the locked key, or returns false if it is not valid. Its write is only kept if
     *     the key is renewed
     * @return {@link ChangeOutcome.NotAllowed} also for a link that is not valid
     */
    public ChangeOutcome renewByLink(KeyId id, @Nullable Duration ttl, Predicate<KeyRecord> useUp, Actor by) {
        return transaction.run(() ->
                keys.lock(id).map(key -> renewByHolder(key, ttl, useUp, by)).orElseGet(Decision::notFound));
    }

    private Decision renewByHolder(KeyRecord key, @Nullable Duration ttl, Predicate<KeyRecord> isAllowed, Actor by) {
        return selfRenewal.until(key).isPresent() && isAllowed.test(key)
                ? renew(key, () -> SelfRenewal.deadline(key.term(), key.readAt(), ttl, settings), by)
                : new Decision.Unchanged(new ChangeOutcome.NotAllowed(key));
    }

    private Decision renew(KeyRecord key, Supplier<@Nullable Instant> deadline, Actor by) {
        if (!isRenewable(key)) {
            return new Decision.Unchanged(new ChangeOutcome.Ended(key));
        }
        KeyRecord renewed = key.with(key.term().renewed(deadline.get()));
        if (key.term().isOverdueAt(key.readAt())) {
            // The key expired, but the expiry is not recorded yet. Without this entry, the history would lack it.
            blacklist.insert(key.with(key.term().lapsed()), null, null);
        }
        if (key.state() == KeyState.EXPIRED) {
            blacklist.reinstate(renewed);
        }
        keys.update(renewed);
        audit.add(by, AuditAction.KEY_RENEW, key.id(), key.readAt(), "expiresAt");
        outbox.add(NoticeKind.RENEWED, renewed, key.readAt(), null);
        return new Decision.Changed(
                renewed,
                () -> LOG.info(
                        "renewed {} owner={} expires={} by={}",
                        renewed.id(),
                        PlainText.quoted(renewed.owner()),
                        renewed.term().expiresAt(),
                        by));
    }
}
