package io.keylapse.lifecycle;

import io.keylapse.active.WriteDeadline;
import io.keylapse.key.KeyFormat;
import io.keylapse.key.ManagementKeyId;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.key.input.MailCapabilities;
import io.keylapse.lifecycle.ChangeOutcome.Enforcement;
import io.keylapse.lifecycle.rules.KeyRules;
import io.keylapse.lifecycle.rules.LifecycleSettings;
import io.keylapse.lifecycle.rules.NewKey;
import io.keylapse.registry.KeyRecord;
import io.keylapse.registry.KeyTable;
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

/** Issues many keys as {@link IssueKey} does one, with one statement and one burst of writes to Redis for all of them. */
@Singleton
public final class IssueKeyBatch {
    /** Most keys in a batch. */
    public static final int MOST = 1_000;

    private static final Logger LOG = LoggerFactory.getLogger(IssueKeyBatch.class);

    /** More bursts at a time would not be written sooner, but would keep checks, which share the connection, waiting. */
    private final Semaphore bursts = new Semaphore(2);

    private final Postgres postgres;
    private final KeyTable keys;
    private final KeyFormat format;
    private final LifecycleSettings settings;
    private final Enforcer enforcer;
    private final MailCapabilities mail;

    IssueKeyBatch(
            Postgres postgres,
            KeyTable keys,
            KeyFormat format,
            LifecycleSettings settings,
            Enforcer enforcer,
            MailCapabilities mail) {
        this.postgres = postgres;
        this.keys = keys;
        this.format = format;
        this.settings = settings;
        this.enforcer = enforcer;
        this.mail = mail;
    }

    /** What became of one key of a batch. */
    public sealed interface Part {
        /** There is a new key, and this is the one time that its secret is shown. */
        record Made(ChangeOutcome.Issued issued) implements Part {}

        /** It breaks a rule; the others do not suffer for it. */
        record Refused(InvalidInputException why) implements Part {}
    }

    /**
     * Issues those keys that keep the rules: all of them or, when Postgres fails, none.
     *
     * @param wanted each says what key is wanted, or throws {@link InvalidInputException}
     * @return what became of each, in order
     */
    public List<Part> issue(List<Supplier<NewKey>> wanted, ManagementKeyId by) {
        Instant now = postgres.now();
        List<Part> parts = wanted.stream().map(each -> make(each, now)).toList();
        List<KeyRecord> made = parts.stream().flatMap(IssueKeyBatch::key).toList();
        var deadline = WriteDeadline.startingNow();
        keys.insertIssued(made);
        LOG.info("issued {} keys of {} in a batch by={}", made.size(), wanted.size(), by);
        Iterator<Enforcement> enforcements = enforce(made, deadline).iterator();
        return parts.stream()
                .map(part -> part instanceof Part.Made(ChangeOutcome.Issued issued)
                        ? new Part.Made(new ChangeOutcome.Issued(issued.key(), issued.secret(), enforcements.next()))
                        : part)
                .toList();
    }

    private Part make(Supplier<NewKey> wanted, Instant now) {
        try {
            NewKey key = wanted.get();
            KeyRules.check(key, mail);
            @Nullable Instant expiresAt = key.deadline().resolve(now, settings);
            return new Part.Made(IssueKey.make(format, key.owner(), key.details(), expiresAt, null, now));
        } catch (InvalidInputException e) {
            return new Part.Refused(e);
        }
    }

    private List<Enforcement> enforce(List<KeyRecord> made, WriteDeadline deadline) {
        bursts.acquireUninterruptibly();
        try {
            return enforcer.enforce(made, deadline);
        } finally {
            bursts.release();
        }
    }

    private static Stream<KeyRecord> key(Part part) {
        return part instanceof Part.Made(ChangeOutcome.Issued issued) ? Stream.of(issued.key()) : Stream.empty();
    }
}
