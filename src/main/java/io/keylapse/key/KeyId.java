package io.keylapse.key;

import java.security.SecureRandom;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * Public id of a key, safe to log and to show: {@code key_} and 22 characters.
 *
 * <p>Ids sort by the millisecond of issue, so the order "newest first" needs only the index of the primary key.
 */
public record KeyId(UUID value) {
    private static final String PREFIX = "key_";
    private static final SecureRandom RANDOM = new SecureRandom();

    /** Generates an id for a key issued at this instant. */
    public static KeyId generate(Instant issuedAt) {
        return new KeyId(PublicId.timeOrdered(issuedAt.toEpochMilli(), RANDOM));
    }

    /** Parses an id; empty if the text has another form. */
    public static Optional<KeyId> parse(String text) {
        return PublicId.parse(PREFIX, text).map(KeyId::new);
    }

    @Override
    public String toString() {
        return PublicId.format(PREFIX, value);
    }
}
