package io.keylapse.registry.outbox;

import java.util.Locale;
import java.util.Optional;

/** What an owner is told. */
public enum NoticeKind {
    /** The key will expire soon. */
    EXPIRING,
    /** The key has expired. */
    EXPIRED,
    /** The key was ended by somebody. */
    REVOKED,
    /** The key has a successor, and ends at the end of the grace. */
    ROTATED,
    /** The key has another deadline. */
    RENEWED;

    private static final String TYPE = "api_key.";

    /** The word for it in Postgres. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** What receivers know it by, such as {@code api_key.expiring}. */
    public String type() {
        return TYPE + word();
    }

    /** The kind for a word of Postgres. */
    public static NoticeKind of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT));
    }

    /** The kind for a type, or nothing when there is none. */
    public static Optional<NoticeKind> parse(String type) {
        for (NoticeKind kind : values()) {
            if (kind.type().equals(type)) {
                return Optional.of(kind);
            }
        }
        return Optional.empty();
    }
}
