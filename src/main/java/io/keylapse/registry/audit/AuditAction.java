package io.keylapse.registry.audit;

import java.util.Arrays;
import java.util.Optional;

/** The action of a call, whether it was done or refused. */
public enum AuditAction {
    KEY_ISSUE("key.issue"),
    KEY_RENEW("key.renew"),
    KEY_ROTATE("key.rotate"),
    KEY_REVOKE("key.revoke"),
    KEY_CHANGE("key.change"),
    OWNER_REVOKE("owner.revoke"),
    MANAGEMENT_KEY_CREATE("management_key.create"),
    MANAGEMENT_KEY_DELETE("management_key.delete"),
    WEBHOOK_CREATE("webhook.create"),
    WEBHOOK_CHANGE("webhook.change"),
    WEBHOOK_ROTATE_SECRET("webhook.rotate_secret"),
    WEBHOOK_DELETE("webhook.delete"),
    WEBHOOK_TEST("webhook.test"),
    WEBHOOK_REPLAY("webhook.replay"),
    DELIVERY_REPLAY("delivery.replay"),
    MAIL_TEST("mail.test"),
    /** A call that changes nothing. Recorded only if its caller may not make it. */
    READ("read"),
    /** A call without a valid credential. */
    AUTHENTICATE("authenticate");

    private final String word;

    AuditAction(String word) {
        this.word = word;
    }

    /** Its name in Postgres and in JSON. */
    public String word() {
        return word;
    }

    /** The action with this name; empty if there is none. */
    public static Optional<AuditAction> parse(String word) {
        return Arrays.stream(values())
                .filter(action -> action.word.equals(word))
                .findFirst();
    }
}
