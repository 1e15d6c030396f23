package io.keylapse.registry.sql;

import java.sql.SQLException;

/** A connection led to a Postgres that must not be gone by, while another one may well be well. */
final class WrongServerException extends SQLException {
    private static final long serialVersionUID = 1L;

    /** "Cannot connect now", as a server says that starts or stops. */
    private static final String STATE = "57P03";

    WrongServerException(String why) {
        super(
                "Postgres at KEYLAPSE_POSTGRES_URL cannot be used, because " + why
                        + "; let KEYLAPSE_POSTGRES_URL lead to the primary",
                STATE);
    }
}
