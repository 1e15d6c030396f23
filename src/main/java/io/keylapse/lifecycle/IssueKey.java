package io.keylapse.lifecycle;

import io.keylapse.active.WriteDeadline;
import io.keylapse.key.ApiKey;
import io.keylapse.key.KeyFormat;
import io.keylapse.key.KeyId;
import io.keylapse.key.ManagementKeyId;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.key.input.MailCapabilities;
import io.keylapse.key.input.PlainText;
import io.keylapse.lifecycle.ChangeOutcome.Enforcement;
import io.keylapse.lifecycle.rules.KeyRules;
import io.keylapse.lifecycle.rules.LifecycleSettings;
import io.keylapse.lifecycle.rules.NewKey;
import io.keylapse.registry.KeyDetails;
import io.keylapse.registry.KeyRecord;
import io.keylapse.registry.KeyTable;
import io.keylapse.registry.KeyTerm;
import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Issues a key: insert, commit, apply to Redis, answer. An acknowledged key is in Postgres, be Redis up or down. */
@Singleton
public final class IssueKey {
    private static final Logger LOG = LoggerFactory.getLogger(IssueKey.class);

    private final Postgres postgres;
    private final KeyTable keys;
    private final KeyFormat format;
    private final LifecycleSettings settings;
    private final Idempotency idempotency;
    private final Enforcer enforcer;
    private final MailCapabilities mail;

    IssueKey(
            Postgres postgres,
            KeyTable keys,
            KeyFormat format,
            LifecycleSettings settings,
            Idempotency idempotency,
            Enforcer enforcer,
            MailCapabilities mail) {
        this.postgres = postgres;
        this.keys = keys;
        this.format = format;
        this.settings = settings;
        this.idempotency = idempotency;
        this.enforcer = enforcer;
        this.mail = mail;
    }

    /**
     * Issues a key.
     *
     * @return {@link ChangeOutcome.Issued}, or one of the outcomes of idempotency
     * @throws InvalidInputException if the request breaks a rule
     */
    public ChangeOutcome issue(NewKey wanted, IdempotentRequest request) {
        KeyRules.check(wanted, mail);
        var deadline = WriteDeadline.startingNow();
        ChangeOutcome outcome = postgres.inTransaction(() -> idempotency.once(request, () -> {
            Instant now = postgres.now();
            return insert(wanted.owner(), wanted.details(), wanted.deadline().resolve(now, settings), null, now);
        }));
        return enforced(outcome, request.by(), deadline);
    }

    /** Adds a key within the caller's transaction. */
    ChangeOutcome.Issued insert(
            String owner, KeyDetails details, @Nullable Instant expiresAt, @Nullable KeyId predecessor, Instant now) {
        ChangeOutcome.Issued issued = make(format, owner, details, expiresAt, predecessor, now);
        keys.insert(issued.key());
        return issued;
    }

    /** A new key that is in no store yet. */
    static ChangeOutcome.Issued make(
            KeyFormat format,
            String owner,
            KeyDetails details,
            @Nullable Instant expiresAt,
            @Nullable KeyId predecessor,
            Instant now) {
        ApiKey secret = format.generate();
        var key = new KeyRecord(
                KeyId.generate(now),
                secret.digest(),
                secret.hint(),
                owner,
                details,
                KeyTerm.issued(now, expiresAt),
                predecessor,
                now);
        return new ChangeOutcome.Issued(key, secret, Enforcement.PENDING);
    }

    /** Carries a committed new key to Redis. */
    ChangeOutcome enforced(ChangeOutcome outcome, ManagementKeyId by, WriteDeadline deadline) {
        if (!(outcome instanceof ChangeOutcome.Issued issued)) {
            return outcome;
        }
        KeyRecord key = issued.key();
        LOG.info(
                "issued {} owner={} expires={} predecessor={} by={}",
                key.id(),
                PlainText.quoted(key.owner()),
                key.term().expiresAt(),
                key.predecessorId(),
                by);
        return new ChangeOutcome.Issued(key, issued.secret(), enforcer.enforce(key, deadline));
    }
}
