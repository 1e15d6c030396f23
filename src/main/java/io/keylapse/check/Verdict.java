package io.keylapse.check;

import io.keylapse.key.KeyId;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What a check finds. Every refusal is a value: only the trouble of asking is a failure, and that is a value too. */
public sealed interface Verdict {
    /** Accepted. */
    final class Good implements Verdict {
        private final KeyId id;
        private final String owner;
        private final List<String> scopes;
        private final @Nullable Instant expiresAt;
        private volatile @Nullable Object wording;

        /** @param expiresAt null when it never expires */
        Good(KeyId id, String owner, List<String> scopes, @Nullable Instant expiresAt) {
            this.id = id;
            this.owner = owner;
            this.scopes = scopes;
            this.expiresAt = expiresAt;
        }

        /** The key's public id. */
        public KeyId id() {
            return id;
        }

        /** Whose key it is. */
        public String owner() {
            return owner;
        }

        /** What it may be used for. */
        public List<String> scopes() {
            return scopes;
        }

        /** Its deadline; null when it never expires. */
        public @Nullable Instant expiresAt() {
            return expiresAt;
        }

        /**
         * How this is worded, by the only one who words it. Of a key that a node remembers each check gives the very same
         * verdict, and to word it anew takes longer than the check: so it is done once and kept here.
         */
        @SuppressWarnings("unchecked") // always the same type, as long as there is only one who asks
        public <T> T worded(Function<Good, T> words) {
            Object made = wording;
            if (made == null) {
                made = words.apply(this);
                wording = made;
            }
            return (T) made;
        }

        @Override
        public String toString() {
            return "Good[" + id + ", expiresAt=" + expiresAt + "]";
        }
    }

    /** No key was presented. */
    record Missing() implements Verdict {}

    /** Two different keys were presented. */
    record Ambiguous() implements Verdict {}

    /** What was presented has not the form of a key, or its checksum is wrong. */
    record Malformed() implements Verdict {}

    /** It was never issued. */
    record Unknown() implements Verdict {}

    /** Its deadline has passed. */
    record Expired(KeyId id, String owner, Instant expiredAt) implements Verdict {}

    /** It was ended by decision. */
    record Revoked(KeyId id, Instant endedAt) implements Verdict {}

    /** It was replaced, and its grace is over. */
    record Rotated(KeyId id, Instant endedAt, @Nullable KeyId successor) implements Verdict {}

    /** It is good, but not for all that was demanded. */
    record ScopeMissing(KeyId id, List<String> demanded) implements Verdict {}

    /** It cannot be known now. Never means that the key is bad. */
    record Unavailable() implements Verdict {}

    /** The stable word for it. */
    default String code() {
        return switch (this) {
            case Good _ -> "VALID";
            case Missing _ -> "KEY_MISSING";
            case Ambiguous _ -> "KEY_AMBIGUOUS";
            case Malformed _ -> "KEY_MALFORMED";
            case Unknown _ -> "KEY_UNKNOWN";
            case Expired _ -> "KEY_EXPIRED";
            case Revoked _ -> "KEY_REVOKED";
            case Rotated _ -> "KEY_ROTATED";
            case ScopeMissing _ -> "SCOPE_MISSING";
            case Unavailable _ -> "STORE_UNAVAILABLE";
        };
    }
}
