package io.keylapse.simulation.postgres;

import io.keylapse.simulation.postgres.ModelPostgres.Ending;
import io.keylapse.simulation.postgres.ModelPostgres.Row;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

/** The constraints of the tables that an error in the state machine of a key could violate. */
final class Constraints {
    private Constraints() {}

    /** Thrown for a statement that violates a constraint. */
    static final class Broken extends RuntimeException {
        private static final long serialVersionUID = 1;

        Broken(String constraint) {
            super("constraint broken: " + constraint);
        }
    }

    static void checkNew(Row row, Map<UUID, Row> keys) {
        require(!keys.containsKey((UUID) row.get("id")), "the id is unique");
        for (Row other : keys.values()) {
            require(!Arrays.equals((byte[]) other.get("digest"), (byte[]) row.get("digest")), "the digest is unique");
            require(
                    row.get("predecessor_id") == null
                            || !row.get("predecessor_id").equals(other.get("predecessor_id")),
                    "one successor each");
        }
        check(row);
    }

    static void check(Row row) {
        Object state = row.get("state");
        Instant issued = row.instant("issued_at");
        Instant deadline = row.instant("expires_at");
        Instant ended = row.instant("ended_at");
        boolean inGrace = !row.get("end_reason").equals("expired");
        require((int) row.get("version") >= 1, "version >= 1");
        require(deadline == null || !deadline.isBefore(issued), "expires_at >= issued_at");
        require(ended == null || !ended.isBefore(issued), "ended_at >= issued_at");
        require(state.equals("active") == (ended == null), "active has no ended_at");
        require(!state.equals("expired") || (!inGrace && Objects.equals(ended, deadline)), "expired at its deadline");
        require(!inGrace || (row.get("successor_id") != null && deadline != null), "a grace has a successor and ends");
        require(!state.equals("rotated") || inGrace, "rotated after its grace");
    }

    static void checkNewEnding(Ending ending, Map<Ending, Row> endings) {
        require(!endings.containsKey(ending), "each ending once");
    }

    private static void require(boolean kept, String constraint) {
        if (!kept) {
            throw new Broken(constraint);
        }
    }
}
