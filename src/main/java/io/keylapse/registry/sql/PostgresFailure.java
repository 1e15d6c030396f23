package io.keylapse.registry.sql;

import io.keylapse.registry.sql.lane.NoTurnException;
import java.net.SocketTimeoutException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Classification of failures of Postgres: outage, timeout, lock conflict, refused write or error. */
public final class PostgresFailure {
    /** SQL states of a lock timeout and a deadlock. Other transactions held the lock; the connection is healthy. */
    private static final Set<String> WAITED_FOR_OTHERS = Set.of("55P03", "40P01");

    /** SQL states of a transaction that Postgres ended, with its connection, because it was idle or open for too long. */
    private static final Set<String> TOO_LONG_IN_TRANSACTION = Set.of("25P03", "25P04");

    private PostgresFailure() {}

    /** Whether Postgres was unavailable, as opposed to an error in the statement. */
    public static boolean isUnavailable(Throwable failure) {
        boolean closed = false;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLTransientConnectionException) {
                return true;
            }
            if (cause instanceof SQLException sql) {
                String state = sql.getSQLState();
                if (state != null) {
                    // Connection exception, insufficient resources, operator intervention, read-only standby.
                    return state.startsWith("08")
                            || state.startsWith("53")
                            || state.startsWith("57P")
                            || state.equals("57014")
                            || state.equals("25006")
                            || WAITED_FOR_OTHERS.contains(state)
                            || TOO_LONG_IN_TRANSACTION.contains(state);
                }
                // Exceptions of Postgres and its driver have a SQL state. The pool's own, about a broken connection, do
                // not.
                closed = true;
            }
        }
        return closed;
    }

    /** Whether a retry can succeed: Postgres was unavailable, or all connections of the lane were in use. */
    public static boolean isPassing(Throwable failure) {
        return failure instanceof NoTurnException || isUnavailable(failure);
    }

    /** Whether Postgres cancelled a statement because it took too long. Postgres is reachable then, but slow. */
    public static boolean wasCutShort(Throwable failure) {
        return hasState(failure, Set.of("57014"));
    }

    private static boolean hasState(Throwable failure, Set<String> states) {
        return causes(failure)
                .anyMatch(cause -> cause instanceof SQLException sql
                        && sql.getSQLState() != null
                        && states.contains(sql.getSQLState()));
    }

    /** A description of the failure for log and readiness. */
    public static String inWords(Throwable failure) {
        Optional<SQLException> cause = causes(failure)
                .flatMap(each -> each instanceof SQLException sql ? Stream.of(sql) : Stream.empty())
                .reduce((_, deeper) -> deeper);
        if (cause.isEmpty()) {
            return failure instanceof NoTurnException ? String.valueOf(failure.getMessage()) : failure.toString();
        }
        Optional<String> wrongServer = wrongServer(failure);
        if (wrongServer.isPresent()) {
            return wrongServer.get();
        }
        String said =
                String.valueOf(cause.get().getMessage()).lines().findFirst().orElse("");
        return refusal(failure)
                .map(why -> "Postgres refuses to write, because " + why)
                .orElse(
                        wasCutShort(failure)
                                ? "Postgres took too long"
                                : hasState(failure, WAITED_FOR_OTHERS)
                                        ? "another transaction holds the required lock (" + said + ")"
                                        : isOutage(failure)
                                                ? "Postgres does not answer (" + said + ")"
                                                : "Postgres reported: " + said);
    }

    /** The message of a {@link WrongServerException}; empty if the failure has another cause. */
    public static Optional<String> wrongServer(Throwable failure) {
        return causes(failure)
                .filter(WrongServerException.class::isInstance)
                .map(cause -> String.valueOf(cause.getMessage()))
                .findFirst();
    }

    /** Whether a connection broke or could not be opened. The data source logs such outages once for all. */
    static boolean isOutage(Throwable failure) {
        return isUnavailable(failure)
                && !wasCutShort(failure)
                && !hasState(failure, WAITED_FOR_OTHERS)
                && !hasState(failure, TOO_LONG_IN_TRANSACTION)
                && refusal(failure).isEmpty();
    }

    /** Whether a connection did not respond in time. */
    static boolean isSilence(Throwable failure) {
        // A timeout while connecting is another matter. The pool gives it as the cause when it has no connection.
        return causes(failure).anyMatch(SocketTimeoutException.class::isInstance)
                && causes(failure).noneMatch(SQLTransientConnectionException.class::isInstance);
    }

    /** Why Postgres refused to write, and what to do about it; empty if it did not refuse. */
    static Optional<String> refusal(Throwable failure) {
        return causes(failure)
                .map(cause -> cause instanceof SQLException sql ? String.valueOf(sql.getSQLState()) : "")
                .flatMap(state -> switch (state) {
                    case "53100" -> Stream.of("its disk is full; free disk space");
                    case "25006" ->
                        Stream.of(
                                "it is a standby or default_transaction_read_only is on; use the primary, or allow writes");
                    default -> Stream.empty();
                })
                .findFirst();
    }

    private static Stream<Throwable> causes(Throwable failure) {
        return Stream.iterate(failure, Objects::nonNull, Throwable::getCause);
    }
}
