package io.keylapse.lifecycle;

import io.keylapse.active.WriteDeadline;
import io.keylapse.key.KeyId;
import io.keylapse.key.ManagementKeyId;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.key.input.MailCapabilities;
import io.keylapse.key.input.PlainText;
import io.keylapse.lifecycle.ChangeOutcome.Enforcement;
import io.keylapse.lifecycle.rules.KeyRules;
import io.keylapse.registry.KeyDetails;
import io.keylapse.registry.KeyRecord;
import io.keylapse.registry.KeyTable;
import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Changes what is known about a key: its name, scopes, metadata and contact. Its state and deadline stay. */
@Singleton
public final class ChangeKey {
    private static final Logger LOG = LoggerFactory.getLogger(ChangeKey.class);

    private final Postgres postgres;
    private final KeyTable keys;
    private final Enforcer enforcer;
    private final MailCapabilities mail;

    ChangeKey(Postgres postgres, KeyTable keys, Enforcer enforcer, MailCapabilities mail) {
        this.postgres = postgres;
        this.keys = keys;
        this.enforcer = enforcer;
        this.mail = mail;
    }

    /**
     * Changes a key, in whichever state it is.
     *
     * @param change makes the new details of the present ones
     * @return {@link ChangeOutcome.Done} or {@link ChangeOutcome.NotFound}
     * @throws InvalidInputException if the new details break a rule
     */
    public ChangeOutcome change(KeyId id, UnaryOperator<KeyDetails> change, ManagementKeyId by) {
        var deadline = WriteDeadline.startingNow();
        // Judged before the transaction: the mail server may have to be asked, and the row must not be locked
        // meanwhile.
        keys.find(id).ifPresent(key -> KeyRules.checkChange(key.details(), change.apply(key.details()), mail));
        ChangeOutcome outcome = postgres.inTransaction(() ->
                keys.lock(id).<ChangeOutcome>map(key -> change(key, change)).orElseGet(ChangeOutcome.NotFound::new));
        if (!(outcome instanceof ChangeOutcome.Done done)) {
            return outcome;
        }
        LOG.info(
                "changed {} owner={} version={} by={}",
                id,
                PlainText.quoted(done.key().owner()),
                done.key().term().version(),
                by);
        return new ChangeOutcome.Done(done.key(), enforcer.enforce(done.key(), deadline));
    }

    private ChangeOutcome change(KeyRecord key, UnaryOperator<KeyDetails> change) {
        KeyDetails details = change.apply(key.details());
        KeyRules.checkChange(key.details(), details, mail);
        if (details.equals(key.details())) {
            return new ChangeOutcome.Done(key, Enforcement.PENDING);
        }
        KeyRecord changed = key.with(details);
        keys.update(changed);
        return new ChangeOutcome.Done(changed, Enforcement.PENDING);
    }
}
