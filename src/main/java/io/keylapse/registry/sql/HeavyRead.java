package io.keylapse.registry.sql;

import io.keylapse.key.input.InvalidInputException;
import io.keylapse.registry.sql.lane.ConnectionLanes;
import io.keylapse.registry.sql.lane.PostgresLane;
import java.util.function.Supplier;

/** Queries that may read many rows. Few run at once, and the error of one that takes too long says what to narrow. */
public final class HeavyRead {
    private HeavyRead() {}

    /**
     * Runs a heavy read in its lane.
     *
     * @param field the parameter that the client can narrow
     * @param advice how to narrow it
     * @throws InvalidInputException naming the field, if a statement takes longer than {@link Postgres#PATIENCE}
     */
    public static <T> T of(String field, String advice, Supplier<T> read) {
        try {
            return ConnectionLanes.in(PostgresLane.HEAVY, read::get);
        } catch (RuntimeException e) {
            if (PostgresFailure.wasCutShort(e)) {
                throw new InvalidInputException(
                        field,
                        "selects more than can be read in " + Postgres.PATIENCE.toSeconds() + " seconds; " + advice);
            }
            throw e;
        }
    }
}
