package io.keylapse.key;

import java.util.Locale;
import java.util.Optional;

/** State of a key. Only {@link #ACTIVE} keys are accepted. */
public enum KeyState {
    /** Accepted. */
    ACTIVE,
    /** The deadline has passed. The key may be renewed. */
    EXPIRED,
    /** Ended by a revocation. Final. */
    REVOKED,
    /** Replaced by a successor. Final. */
    ROTATED;

    private final String word = name().toLowerCase(Locale.ROOT);

    /** The name in Postgres and in JSON. */
    public String word() {
        return word;
    }

    /** Parses the name; empty if there is no such state. */
    public static Optional<KeyState> parse(String word) {
        for (KeyState state : values()) {
            if (state.word.equals(word)) {
                return Optional.of(state);
            }
        }
        return Optional.empty();
    }

    /** Parses a name from the database, where a constraint allows only valid ones. */
    public static KeyState of(String word) {
        return parse(word).orElseThrow(() -> new IllegalArgumentException("no such state: " + word));
    }
}
