package io.keylapse.lifecycle;

import java.util.Locale;

/** How far a change has come. Postgres has it in either case. */
public enum Enforcement {
    /** Redis has it too, so every node answers by it. */
    APPLIED,
    /** Redis could not be told yet. */
    PENDING;

    /** The word for it in JSON. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
