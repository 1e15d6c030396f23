package io.keylapse.key;

import java.util.Locale;
import java.util.Optional;

/** What a key is at an instant. Only {@link #ACTIVE} keys are accepted. */
public enum KeyState {
    /** Accepted. */
    ACTIVE,
    /** Its deadline has passed; it may be renewed. */
    EXPIRED,
    /** Ended by somebody's decision, for good. */
    REVOKED,
    /** Replaced by a successor, for good. */
    ROTATED;

    private final String word = name().toLowerCase(Locale.ROOT);

    /** The word for it in Postgres and in JSON. */
    public String word() {
        return word;
    }

    /** The state for a word, or nothing when there is none. */
    public static Optional<KeyState> parse(String word) {
        for (KeyState state : values()) {
            if (state.word.equals(word)) {
                return Optional.of(state);
            }
        }
        return Optional.empty();
    }

    /** The state for a word that a constraint of the database vouches for. */
    public static KeyState of(String word) {
        return parse(word).orElseThrow(() -> new IllegalArgumentException("no such state: " + word));
    }
}
