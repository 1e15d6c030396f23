package io.keylapse.registry.outbox;

import java.util.Locale;
import java.util.Optional;

/** The kinds of notices to owners. */
public enum NoticeKind {
    /** The key will expire soon. */
    EXPIRING,
    /** The key has expired. */
    EXPIRED,
    /** The key was revoked. */
    REVOKED,
    /** The key has a successor. It ends at its deadline or at the end of the grace, whichever comes first. */
    ROTATED,
    /** The key has a new deadline. */
    RENEWED,
    /** The key has ended, and somebody still uses it. */
    REFUSED;

    private static final String TYPE = "api_key.";

    /** Its name in Postgres. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Its type in webhooks and in the API, such as {@code api_key.expiring}. */
    public String type() {
        return TYPE + word();
    }

    /** The kind for a name from Postgres. */
    public static NoticeKind of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT));
    }

    /** The kind for a type; empty if there is none. */
    public static Optional<NoticeKind> parse(String type) {
        for (NoticeKind kind : values()) {
            if (kind.type().equals(type)) {
                return Optional.of(kind);
            }
        }
        return Optional.empty();
    }
}
