package io.keylapse.registry.sql;

import io.micronaut.context.annotation.Value;
import io.micronaut.data.exceptions.DataAccessException;
import io.micronaut.data.jdbc.runtime.JdbcOperations;
import io.micronaut.transaction.TransactionCallback;
import io.micronaut.transaction.TransactionOperations;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs SQL, inside the caller's transaction if there is one and in one of its own if not.
 *
 * <p>The statements are written by hand because they are the protocol: locks, guards and the order of rows are decided
 * in them. Every method blocks, and throws Micronaut Data's exceptions when Postgres fails; {@link #isUnavailable} tells
 * an outage from a mistake.
 */
@Singleton
public final class Postgres {
    /** So many connections are left to the service's own work, however many requests there are. */
    private static final int KEPT_FOR_OWN_WORK = 5;

    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final ScopedValue<Boolean> OWN_WORK = ScopedValue.newInstance();

    private final JdbcOperations jdbc;
    private final TransactionOperations<Connection> transactions;
    private final Semaphore forRequests;

    Postgres(
            JdbcOperations jdbc,
            TransactionOperations<Connection> transactions,
            @Value("${datasources.default.maximum-pool-size}") int connections) {
        this.jdbc = jdbc;
        this.transactions = transactions;
        this.forRequests = new Semaphore(Math.max(1, connections - KEPT_FOR_OWN_WORK), true);
    }

    /**
     * Does what nobody asked for and what the promises stand on, such as recording expiries: requests, however many, never
     * take the last connections from it.
     */
    public static void asOwnWork(Runnable work) {
        ScopedValue.where(OWN_WORK, true).run(work);
    }

    /** Turns the current row into a value. */
    @FunctionalInterface
    public interface RowReader<T> {
        T read(ResultSet row) throws SQLException;
    }

    /** Does the work in one transaction, committed when it returns and rolled back when it throws. */
    public <T> T inTransaction(Supplier<T> work) {
        return execute(status -> work.get());
    }

    private <T> T execute(TransactionCallback<Connection, T> work) {
        if (OWN_WORK.isBound() || transactions.findTransactionStatus().isPresent()) {
            return transactions.executeWrite(work);
        }
        awaitTurn();
        try {
            return transactions.executeWrite(work);
        } finally {
            forRequests.release();
        }
    }

    private void awaitTurn() {
        try {
            if (!forRequests.tryAcquire(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new DataAccessException(
                        "every connection to Postgres is in use",
                        new SQLTransientConnectionException("none became free within " + PATIENCE));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DataAccessException("interrupted while waiting for a connection to Postgres", e);
        }
    }

    /** The rows of a query. */
    public <T> List<T> query(String sql, RowReader<T> reader, @Nullable Object... parameters) {
        return withStatement(sql, parameters, statement -> {
            var rows = new ArrayList<T>();
            try (ResultSet result = statement.executeQuery()) {
                while (result.next()) {
                    rows.add(reader.read(result));
                }
            }
            return rows;
        });
    }

    /** The first row of a query, if it has one. */
    public <T> Optional<T> queryFirst(String sql, RowReader<T> reader, @Nullable Object... parameters) {
        return query(sql, reader, parameters).stream().findFirst();
    }

    /**
     * The first row of a query, if it has one and Postgres answers in time.
     *
     * @param patience after which the query is cancelled, in whole seconds; a connection by which nothing is heard for a
     *     second longer is given up
     */
    public <T> Optional<T> queryFirst(
            Duration patience, String sql, RowReader<T> reader, @Nullable Object... parameters) {
        return withStatement(sql, parameters, statement -> {
            giveUpAfter(patience, statement);
            try (ResultSet result = statement.executeQuery()) {
                return result.next() ? Optional.of(reader.read(result)) : Optional.empty();
            }
        });
    }

    /** Runs a statement and returns how many rows it touched. */
    public int update(String sql, @Nullable Object... parameters) {
        return withStatement(sql, parameters, PreparedStatement::executeUpdate);
    }

    /** Postgres's clock, now and not at the start of the transaction, in whole milliseconds. */
    public Instant now() {
        return queryFirst("SELECT date_trunc('milliseconds', clock_timestamp())", row -> instant(row, 1))
                .orElseThrow();
    }

    /** Asks for an answer, and throws when there is none. */
    public void ping(Duration timeout) {
        withStatement("SELECT 1", new Object[0], statement -> {
            giveUpAfter(timeout, statement);
            return statement.execute();
        });
    }

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
                            || state.equals("25006");
                }
                // Whatever Postgres or its driver say has a state; the pool, whose connection just broke, has none.
                closed = true;
            }
        }
        return closed;
    }

    /** The instant in that column, which must not be null. */
    public static Instant instant(ResultSet row, int column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }

    /** The instant in that column. */
    public static Instant instant(ResultSet row, String column) throws SQLException {
        return instant(row, row.findColumn(column));
    }

    /** The instant in that column, if any. */
    public static @Nullable Instant nullableInstant(ResultSet row, String column) throws SQLException {
        return nullableInstant(row, row.findColumn(column));
    }

    /** The instant in that column, if any. */
    public static @Nullable Instant nullableInstant(ResultSet row, int column) throws SQLException {
        var value = row.getObject(column, OffsetDateTime.class);
        return value == null ? null : value.toInstant();
    }

    /**
     * Cancels a statement that is slow, which leaves the connection whole, and breaks a connection that is dead, which
     * nobody at its other end would notice. The pool takes back the time-out with the connection.
     */
    private static void giveUpAfter(Duration patience, PreparedStatement statement) throws SQLException {
        int seconds = Math.toIntExact(Math.max(1, patience.plusMillis(999).toSeconds()));
        statement.setQueryTimeout(seconds);
        statement.getConnection().setNetworkTimeout(Runnable::run, (seconds + 1) * 1_000);
    }

    private interface Statement<T> {
        T run(PreparedStatement statement) throws SQLException;
    }

    private <T> T withStatement(String sql, @Nullable Object[] parameters, Statement<T> work) {
        return execute(status -> jdbc.prepareStatement(sql, statement -> {
            for (int i = 0; i < parameters.length; i++) {
                bind(statement, i + 1, parameters[i]);
            }
            return work.run(statement);
        }));
    }

    private static void bind(PreparedStatement statement, int index, @Nullable Object value) throws SQLException {
        switch (value) {
            case null -> statement.setNull(index, Types.NULL);
            case Instant instant -> statement.setObject(index, instant.atOffset(ZoneOffset.UTC));
            case String[] texts ->
                statement.setArray(index, statement.getConnection().createArrayOf("text", texts));
            case UUID[] ids ->
                statement.setArray(index, statement.getConnection().createArrayOf("uuid", ids));
            case byte[][] blobs ->
                statement.setArray(index, statement.getConnection().createArrayOf("bytea", blobs));
            default -> statement.setObject(index, value);
        }
    }
}
