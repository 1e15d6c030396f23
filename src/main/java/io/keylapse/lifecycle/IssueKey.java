package io.keylapse.lifecycle;

import io.keylapse.key.KeyFormat;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.key.input.MailCapabilities;
import io.keylapse.key.input.PlainText;
import io.keylapse.lifecycle.rules.KeyRules;
import io.keylapse.lifecycle.rules.LifecycleSettings;
import io.keylapse.lifecycle.rules.NewKey;
import io.keylapse.registry.KeyRecord;
import io.keylapse.registry.KeyTable;
import io.keylapse.registry.audit.Actor;
import io.keylapse.registry.audit.AuditAction;
import io.keylapse.registry.audit.AuditTrail;
import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Issues a key. */
@Singleton
public final class IssueKey {
    private static final Logger LOG = LoggerFactory.getLogger(IssueKey.class);

    private final Postgres postgres;
    private final KeyTable keys;
    private final KeyFormat format;
    private final LifecycleSettings settings;
    private final Idempotency idempotency;
    private final AuditTrail audit;
    private final KeyTransaction transaction;
    private final MailCapabilities mail;

    IssueKey(
            Postgres postgres,
            KeyTable keys,
            KeyFormat format,
            LifecycleSettings settings,
            Idempotency idempotency,
            AuditTrail audit,
            KeyTransaction transaction,
            MailCapabilities mail) {
        this.postgres = postgres;
        this.keys = keys;
        this.format = format;
        this.settings = settings;
        this.idempotency = idempotency;
        this.audit = audit;
        this.transaction = transaction;
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
        return transaction.run(() -> idempotency.once(request, () -> {
            Instant now = postgres.now();
            Instant expiresAt = wanted.deadline().resolve(now, settings);
            NewRecord created = NewRecord.make(format, wanted.owner(), wanted.details(), expiresAt, null, now);
            keys.insert(created.key());
            audit.add(request.by(), AuditAction.KEY_ISSUE, created.key().id(), now);
            return new Decision.Created(
                    created.key(), created.secret(), List.of(), () -> log(created.key(), request.by()));
        }));
    }

    /** Logs that a key was issued, and by whom. */
    static void log(KeyRecord key, Actor by) {
        LOG.info(
                "issued {} owner={} expires={} predecessor={} by={}",
                key.id(),
                PlainText.quoted(key.owner()),
                key.term().expiresAt(),
                key.predecessorId(),
                by);
    }
}
