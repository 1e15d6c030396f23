package io.keylapse.lifecycle;

import io.keylapse.active.WriteDeadline;
import io.keylapse.key.KeyFormat;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.key.input.MailCapabilities;
import io.keylapse.lifecycle.ChangeOutcome.Enforcement;
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
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Issues many keys with one statement and one burst of writes to Redis. {@link IssueKey} issues a single key. */
@Singleton
public final class IssueKeyBatch {
    /** Maximum number of keys in a batch. */
    public static final int MAX_KEYS = 1_000;

    private static final Logger LOG = LoggerFactory.getLogger(IssueKeyBatch.class);

    /** Limits concurrent bursts. More would not be faster, and would delay checks, which share the connection to Redis. */
    private final Semaphore bursts = new Semaphore(2);

    private final Postgres postgres;
    private final KeyTable keys;
    private final KeyFormat format;
    private final LifecycleSettings settings;
    private final AuditTrail audit;
    private final ChangePublisher publisher;
    private final MailCapabilities mail;

    IssueKeyBatch(
            Postgres postgres,
            KeyTable keys,
            KeyFormat format,
            LifecycleSettings settings,
            AuditTrail audit,
            ChangePublisher publisher,
            MailCapabilities mail) {
        this.postgres = postgres;
        this.keys = keys;
        this.format = format;
        this.settings = settings;
        this.audit = audit;
        this.publisher = publisher;
        this.mail = mail;
    }

    /** The result for one key of a batch. */
    public sealed interface Part {
        /** A new key. Its secret is shown only here. */
        record Made(ChangeOutcome.Issued issued) implements Part {}

        /** The request for this key breaks a rule. The other keys of the batch are still issued. */
        record Refused(InvalidInputException why) implements Part {}
    }

    /**
     * Issues all keys that follow the rules, or none of them if Postgres fails.
     *
     * @param wanted suppliers of the requested keys; each may throw {@link InvalidInputException}
     * @return the result for each key, in order
     */
    public List<Part> issue(List<Supplier<NewKey>> wanted, Actor by) {
        Instant now = postgres.now();
        List<Draft> drafts = wanted.stream().map(each -> draft(each, now)).toList();
        List<KeyRecord> made = drafts.stream().flatMap(Draft::key).toList();
        var deadline = WriteDeadline.startingNow();
        var _ = postgres.inTransaction(() -> {
            keys.insertIssued(made);
            audit.addEach(by, AuditAction.KEY_ISSUE, ids(made), now);
            return made;
        });
        LOG.info("issued {} keys of {} in a batch by={}", made.size(), wanted.size(), by);
        Iterator<Enforcement> enforcements = publish(made, deadline).iterator();
        return drafts.stream().map(draft -> draft.part(enforcements)).toList();
    }

    private static List<String> ids(List<KeyRecord> keys) {
        return keys.stream().map(key -> key.id().toString()).toList();
    }

    /** A key that is not written yet, or the rule that it breaks. */
    private sealed interface Draft {
        record Kept(NewRecord made) implements Draft {}

        record Refused(InvalidInputException why) implements Draft {}

        default Stream<KeyRecord> key() {
            return this instanceof Kept(NewRecord made) ? Stream.of(made.key()) : Stream.empty();
        }

        /** Its result. Takes the next enforcement if the key was issued. */
        default Part part(Iterator<Enforcement> enforcements) {
            return switch (this) {
                case Kept(NewRecord(var key, var secret)) ->
                    new Part.Made(new ChangeOutcome.Issued(key, secret, enforcements.next()));
                case Refused(var why) -> new Part.Refused(why);
            };
        }
    }

    private Draft draft(Supplier<NewKey> wanted, Instant now) {
        try {
            NewKey key = wanted.get();
            KeyRules.check(key, mail);
            @Nullable Instant expiresAt = key.deadline().resolve(now, settings);
            return new Draft.Kept(NewRecord.make(format, key.owner(), key.details(), expiresAt, null, now));
        } catch (InvalidInputException e) {
            return new Draft.Refused(e);
        }
    }

    private List<Enforcement> publish(List<KeyRecord> made, WriteDeadline deadline) {
        bursts.acquireUninterruptibly();
        try {
            return publisher.publish(made, deadline);
        } finally {
            bursts.release();
        }
    }
}
