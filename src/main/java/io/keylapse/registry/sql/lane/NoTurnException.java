package io.keylapse.registry.sql.lane;

/**
 * Work got no connection to Postgres in time, because other work of its kind used all connections of its lane. This does not
 * count as a failure of Postgres.
 */
public final class NoTurnException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NoTurnException(PostgresLane lane) {
        super("all connections to Postgres for " + lane.word() + " are in use", null, false, false);
    }
}
