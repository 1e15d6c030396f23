package io.keylapse.registry.ending;

import java.util.Locale;

/** What made Keylapse record an ending. */
public enum RecordingSource {
    /** Redis announced the expiry. */
    NOTIFICATION,
    /** The sweep found it overdue. */
    SWEEP,
    /** A request ended the key, or found it overdue. */
    REQUEST;

    private final String word = name().toLowerCase(Locale.ROOT);

    /** Its name in Postgres, in JSON and in metrics. */
    public String word() {
        return word;
    }

    /** The source for a name from Postgres, where a constraint allows no others. */
    public static RecordingSource of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT));
    }
}
