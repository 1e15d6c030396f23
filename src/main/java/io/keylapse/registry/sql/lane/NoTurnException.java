package io.keylapse.registry.sql.lane;

/**
 * Work did not get its turn on a connection to Postgres in time, because others of its kind use all that there are for
 * it. This says nothing about Postgres, which may be well.
 */
public final class NoTurnException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NoTurnException(PostgresLane lane) {
        super("all connections to Postgres for " + lane.word() + " are in use", null, false, false);
    }
}
