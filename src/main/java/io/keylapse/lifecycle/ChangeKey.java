package io.keylapse.lifecycle;

import io.keylapse.key.KeyId;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.key.input.MailCapabilities;
import io.keylapse.key.input.PlainText;
import io.keylapse.lifecycle.rules.KeyRules;
import io.keylapse.registry.KeyDetails;
import io.keylapse.registry.KeyRecord;
import io.keylapse.registry.KeyTable;
import io.keylapse.registry.audit.Actor;
import io.keylapse.registry.audit.AuditAction;
import io.keylapse.registry.audit.AuditTrail;
import jakarta.inject.Singleton;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Changes the details of a key: name, scopes, metadata, contact and lead times. Its state and deadline stay the same. */
@Singleton
public final class ChangeKey {
    private static final Logger LOG = LoggerFactory.getLogger(ChangeKey.class);

    private final KeyTable keys;
    private final AuditTrail audit;
    private final KeyTransaction transaction;
    private final MailCapabilities mail;

    ChangeKey(KeyTable keys, AuditTrail audit, KeyTransaction transaction, MailCapabilities mail) {
        this.keys = keys;
        this.audit = audit;
        this.transaction = transaction;
        this.mail = mail;
    }

    /**
     * Changes a key in any state.
     *
     * @param change computes the new details from the current ones
     * @return {@link ChangeOutcome.Done} or {@link ChangeOutcome.NotFound}
     * @throws InvalidInputException if the new details break a rule
     */
    public ChangeOutcome change(KeyId id, UnaryOperator<KeyDetails> change, Actor by) {
        // Before the transaction, because the check may call the mail server. The row must not be locked during that
        // call.
        keys.find(id).ifPresent(key -> KeyRules.checkChange(key.details(), change.apply(key.details()), mail));
        return transaction.run(
                () -> keys.lock(id).map(key -> change(key, change, by)).orElseGet(Decision::notFound));
    }

    private Decision change(KeyRecord key, UnaryOperator<KeyDetails> change, Actor by) {
        KeyDetails details = change.apply(key.details());
        KeyRules.checkChange(key.details(), details, mail);
        if (details.equals(key.details())) {
            return new Decision.Changed(key, () -> {});
        }
        KeyRecord changed = key.with(details);
        keys.update(changed);
        audit.add(by, AuditAction.KEY_CHANGE, key.id(), key.readAt(), details.namesOfChanges(key.details()));
        return new Decision.Changed(
                changed,
                () -> LOG.info(
                        "changed {} owner={} version={} by={}",
                        changed.id(),
                        PlainText.quoted(changed.owner()),
                        changed.term().version(),
                        by));
    }
}
