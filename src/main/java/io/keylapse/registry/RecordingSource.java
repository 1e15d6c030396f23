package io.keylapse.registry;

import java.util.Locale;

/** How the service came to record an ending. */
public enum RecordingSource {
    /** Redis announced the expiry. */
    NOTIFICATION,
    /** Nobody announced it; it was found overdue. */
    SWEEP,
    /** Somebody asked for it, or came upon it while asking for something else. */
    REQUEST;

    private final String word = name().toLowerCase(Locale.ROOT);

    /** The word for it in Postgres, in JSON and in metrics. */
    public String word() {
        return word;
    }

    /** The source for a word that a constraint of the database vouches for. */
    public static RecordingSource of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT));
    }
}
