package io.keylapse.registry.sql;

import java.sql.SQLException;

/** A connection led to a standby or to a superseded primary. The current primary may be healthy. */
public final class WrongServerException extends SQLException {
    private static final long serialVersionUID = 1L;

    /** "Cannot connect now", the state that a server sends while it starts or stops. It counts as an outage. */
    private static final String STATE = "57P03";

    /** For the reason {@code why}, which completes "cannot be used, because". */
    public WrongServerException(String why) {
        super(
                "Postgres at KEYLAPSE_POSTGRES_URL cannot be used, because " + why
                        + "; set KEYLAPSE_POSTGRES_URL to the primary",
                STATE);
    }
}
