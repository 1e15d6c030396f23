package io.keylapse.registry.sql.lane;

import java.util.Locale;

/** What a connection to Postgres is wanted for. */
public enum PostgresLane {
    /** What nobody asked for and the promises depend on: recording, following changes, telling owners, health. */
    OWN_WORK,
    /** Look-ups of keys that Redis does not know. */
    CHECKS,
    /** Management calls, each of which reads or changes little. */
    MANAGEMENT,
    /** Reads that may look at many rows. Each also takes a place of MANAGEMENT, half of which they leave to light calls. */
    HEAVY;

    /** The word for it in metrics. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
