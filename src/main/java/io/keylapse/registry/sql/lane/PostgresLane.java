package io.keylapse.registry.sql.lane;

import java.util.Locale;

/** Kinds of work on Postgres, each with a limited number of connections. */
public enum PostgresLane {
    /** Background work that the guarantees depend on: recording, following changes, notices, health. */
    OWN_WORK,
    /** Look-ups of keys that Redis does not have. */
    CHECKS,
    /** Management calls that read or change little. */
    MANAGEMENT,
    /** Reads of many rows. Each also takes a place of MANAGEMENT; half of those places remain for light calls. */
    HEAVY;

    /** Its name in metrics. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
