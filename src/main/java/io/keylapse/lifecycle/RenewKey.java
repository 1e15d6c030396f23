package io.keylapse.lifecycle;

import io.keylapse.active.WriteDeadline;
import io.keylapse.key.KeyId;
import io.keylapse.key.KeyState;
import io.keylapse.key.ManagementKeyId;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.key.input.PlainText;
import io.keylapse.lifecycle.ChangeOutcome.Enforcement;
import io.keylapse.lifecycle.rules.Deadline;
import io.keylapse.lifecycle.rules.LifecycleSettings;
import io.keylapse.lifecycle.rules.SelfRenewal;
import io.keylapse.registry.BlacklistTable;
import io.keylapse.registry.KeyRecord;
import io.keylapse.registry.KeyTable;
import io.keylapse.registry.outbox.NoticeKind;
import io.keylapse.registry.outbox.Outbox;
import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gives a key another deadline, later or sooner; an expired key becomes active again. */
@Singleton
public final class RenewKey {
    private static final Logger LOG = LoggerFactory.getLogger(RenewKey.class);

    private final Postgres postgres;
    private final KeyTable keys;
    private final BlacklistTable blacklist;
    private final Outbox outbox;
    private final LifecycleSettings settings;
    private final SelfRenewal selfRenewal;
    private final Enforcer enforcer;

    RenewKey(
            Postgres postgres,
            KeyTable keys,
            BlacklistTable blacklist,
            Outbox outbox,
            LifecycleSettings settings,
            SelfRenewal selfRenewal,
            Enforcer enforcer) {
        this.postgres = postgres;
        this.keys = keys;
        this.blacklist = blacklist;
        this.outbox = outbox;
        this.settings = settings;
        this.selfRenewal = selfRenewal;
        this.enforcer = enforcer;
    }

    /**
     * Renews a key.
     *
     * @return {@link ChangeOutcome.Done}, {@link ChangeOutcome.NotFound}, or {@link ChangeOutcome.Ended} for a key that was revoked or
     *     replaced
     * @throws InvalidInputException if no key may have that deadline
     */
    public ChangeOutcome renew(KeyId id, Deadline wanted, ManagementKeyId by) {
        var deadline = WriteDeadline.startingNow();
        ChangeOutcome outcome = postgres.inTransaction(() -> keys.lock(id)
                .map(key -> renew(key, () -> wanted.resolve(key.readAt(), settings)))
                .orElseGet(ChangeOutcome.NotFound::new));
        if (!(outcome instanceof ChangeOutcome.Done done)) {
            return outcome;
        }
        LOG.info(
                "renewed {} owner={} expires={} by={}",
                id,
                PlainText.quoted(done.key().owner()),
                done.key().term().expiresAt(),
                by);
        return new ChangeOutcome.Done(done.key(), enforcer.enforce(done.key(), deadline));
    }

    /**
     * Renews a key for whoever holds it, as far as {@link SelfRenewal} allows.
     *
     * @param ttl how long it is to live from now; null for as long as it was issued for
     * @return {@link ChangeOutcome.Done}, {@link ChangeOutcome.NotFound}, or {@link ChangeOutcome.NotAllowed}
     * @throws InvalidInputException naming {@code ttl}, if its holder may not have that
     */
    public ChangeOutcome renewByHolder(KeyId id, @Nullable Duration ttl) {
        var deadline = WriteDeadline.startingNow();
        ChangeOutcome outcome = postgres.inTransaction(() -> keys.lock(id)
                .map(key -> selfRenewal.until(key).isPresent()
                        ? renew(key, () -> SelfRenewal.deadline(key.term(), key.readAt(), ttl, settings))
                        : new ChangeOutcome.NotAllowed(key))
                .orElseGet(ChangeOutcome.NotFound::new));
        if (!(outcome instanceof ChangeOutcome.Done done)) {
            return outcome;
        }
        LOG.info(
                "renewed {} owner={} expires={} by its holder",
                id,
                PlainText.quoted(done.key().owner()),
                done.key().term().expiresAt());
        return new ChangeOutcome.Done(done.key(), enforcer.enforce(done.key(), deadline));
    }

    private ChangeOutcome renew(KeyRecord key, Supplier<@Nullable Instant> deadline) {
        KeyState state = key.state();
        boolean renewable = state == KeyState.ACTIVE || state == KeyState.EXPIRED;
        if (!renewable || key.term().successorId() != null) {
            return new ChangeOutcome.Ended(key);
        }
        KeyRecord renewed = key.with(key.term().renewed(deadline.get()));
        if (key.term().isOverdueAt(key.readAt())) {
            // It did lapse, though nobody has written it down yet; the history must not lose it.
            blacklist.insert(key.with(key.term().lapsed()), null, null);
        }
        if (state == KeyState.EXPIRED) {
            blacklist.reinstate(renewed);
        }
        keys.update(renewed);
        outbox.add(NoticeKind.RENEWED, renewed, key.readAt(), null);
        return new ChangeOutcome.Done(renewed, Enforcement.PENDING);
    }
}
