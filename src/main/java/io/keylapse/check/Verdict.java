package io.keylapse.check;

import io.keylapse.key.KeyId;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a check finds. Every refusal is a value: only the trouble of asking is a failure, and that is a value too. */
public sealed interface Verdict {
    /** Accepted; {@code expiresAt} is null when it never expires. */
    record Good(
            KeyId id,
            String owner,
            List<String> scopes,
            @Nullable Instant expiresAt) implements Verdict {}

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
