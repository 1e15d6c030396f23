package io.keylapse.registry.sql;

import io.keylapse.registry.sql.lane.NoTurnException;
import java.net.SocketTimeoutException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Why Postgres did not do something. */
public final class PostgresFailure {
    /** A lock time-out, and a deadlock: others had what a statement needed. The connection is well. */
    private static final Set<String> WAITED_FOR_OTHERS = Set.of("55P03", "40P01");

    /** Postgres ended a transaction, with its connection, that was idle or that went on for too long. */
    private static final Set<String> TOO_LONG_IN_TRANSACTION = Set.of("25P03", "25P04");

    private PostgresFailure() {}

    /** Whether a failure says that Postgres could not be asked, rather than that the question was wrong. */
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
                // Whatever Postgres or its driver say has a state; the pool, whose connection just broke, has none.
                closed = true;
            }
        }
        return closed;
    }

    /** Whether the same may well succeed in a moment: Postgres could not be asked, or others had all turns. */
    public static boolean isPassing(Throwable failure) {
        return failure instanceof NoTurnException || isUnavailable(failure);
    }

    /** Whether a statement was cancelled because it took too long, and Postgres said so: it is there, and slow. */
    static boolean wasCutShort(Throwable failure) {
        return hasState(failure, Set.of("57014"));
    }

    private static boolean hasState(Throwable failure, Set<String> states) {
        return causes(failure)
                .anyMatch(cause -> cause instanceof SQLException sql
                        && sql.getSQLState() != null
                        && states.contains(sql.getSQLState()));
    }

    /** What happened, for a person. */
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
                                        ? "another transaction holds what was to be locked (" + said + ")"
                                        : isOutage(failure)
                                                ? "Postgres does not answer (" + said + ")"
                                                : "Postgres says: " + said);
    }

    /** That a connection led to a server that must not be gone by, in words, if that is what happened. */
    public static Optional<String> wrongServer(Throwable failure) {
        return causes(failure)
                .filter(WrongServerException.class::isInstance)
                .map(cause -> String.valueOf(cause.getMessage()))
                .findFirst();
    }

    /** Whether a connection broke or could not be made, which {@link ReconnectingDataSource} tells for all. */
    static boolean isOutage(Throwable failure) {
        return isUnavailable(failure)
                && !wasCutShort(failure)
                && !hasState(failure, WAITED_FOR_OTHERS)
                && !hasState(failure, TOO_LONG_IN_TRANSACTION)
                && refusal(failure).isEmpty();
    }

    /** Whether a connection said nothing for too long. */
    static boolean isSilence(Throwable failure) {
        // Whoever got no connection may be told of one that could not be made, which is another matter.
        return causes(failure).anyMatch(SocketTimeoutException.class::isInstance)
                && causes(failure).noneMatch(SQLTransientConnectionException.class::isInstance);
    }

    /** Why it would not write, and what to do about it, if that is what it said. */
    static Optional<String> refusal(Throwable failure) {
        return causes(failure)
                .map(cause -> cause instanceof SQLException sql ? String.valueOf(sql.getSQLState()) : "")
                .flatMap(state -> switch (state) {
                    case "53100" -> Stream.of("its disk is full; make room there");
                    case "25006" ->
                        Stream.of(
                                "it is a standby or default_transaction_read_only is on; let it, or its primary, write");
                    default -> Stream.empty();
                })
                .findFirst();
    }

    private static Stream<Throwable> causes(Throwable failure) {
        return Stream.iterate(failure, Objects::nonNull, Throwable::getCause);
    }
}
