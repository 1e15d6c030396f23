package io.keylapse.lifecycle;

import io.keylapse.key.KeyState;
import io.keylapse.key.input.PlainText;
import io.keylapse.registry.KeyRecord;
import io.keylapse.registry.KeyTable;
import io.keylapse.registry.audit.Actor;
import io.keylapse.registry.ending.BlacklistTable;
import io.keylapse.registry.outbox.NoticeKind;
import io.keylapse.registry.outbox.Outbox;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes revocations in the caller's transaction: the key, its entry in the blacklist and the notice to its owner. */
@Singleton
final class Revocations {
    private static final Logger LOG = LoggerFactory.getLogger(RevokeKey.class);

    private final KeyTable keys;
    private final BlacklistTable blacklist;
    private final Outbox outbox;

    Revocations(KeyTable keys, BlacklistTable blacklist, Outbox outbox) {
        this.keys = keys;
        this.blacklist = blacklist;
        this.outbox = outbox;
    }

    /**
     * A key after its revocation.
     *
     * @param changed whether the revocation changed it
     */
    record Revocation(
            KeyRecord key, boolean changed, @Nullable String reason, Actor by) {
        void log() {
            if (changed) {
                LOG.info(
                        "revoked {} owner={} reason={} by={}",
                        key.id(),
                        PlainText.quoted(key.owner()),
                        PlainText.quoted(reason == null ? "" : reason),
                        by);
            }
        }
    }

    /**
     * Revokes a key whose row the caller has locked. One that was revoked or rotated before stays as it is.
     *
     * @param reason stored in the history; null for none
     */
    Revocation revoke(KeyRecord key, @Nullable String reason, Actor by) {
        if (key.term().isOverdueAt(key.readAt())) {
            key = key.with(key.term().lapsed());
            blacklist.insert(key, null, null);
            keys.update(key);
        }
        if (isFinal(key)) {
            return new Revocation(key, false, reason, by);
        }
        KeyRecord revoked = key.with(key.term().revoked(key.readAt()));
        keys.update(revoked);
        blacklist.insert(revoked, reason, by.managementKey());
        // Not a key holder's reason: a thief could put a phishing link into our mail to the owner.
        String told = by.managementKey() == null ? null : reason;
        outbox.add(NoticeKind.REVOKED, revoked, key.readAt(), told);
        return new Revocation(revoked, true, reason, by);
    }

    /** Whether revoking this key would change nothing. */
    static boolean isFinal(KeyRecord key) {
        return key.state() == KeyState.REVOKED || key.state() == KeyState.ROTATED;
    }
}
