package io.keylapse.registry.sql;

import io.keylapse.registry.sql.lane.ConnectionLanes;
import io.keylapse.registry.sql.lane.PostgresLane;
import io.micronaut.data.connection.ConnectionDefinition;
import io.micronaut.data.connection.ConnectionOperations;
import io.micronaut.data.exceptions.DataAccessException;
import io.micronaut.transaction.TransactionOperations;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs SQL statements and transactions. Statements join the caller's transaction; without one, each is its own.
 *
 * <p>The statements are written by hand because they are the protocol: they decide locks, guards and the order of rows.
 * Every method blocks, and throws Micronaut Data's exceptions if Postgres fails; {@link PostgresFailure} distinguishes an
 * outage from an error in a statement. Each statement has a timeout. Work that has no connection yet waits for one in a
 * {@link ConnectionLanes lane}.
 */
@Singleton
public final class Postgres {
    /** Default timeout of a statement. */
    public static final Duration PATIENCE = Duration.ofSeconds(5);

    private static final String NOW = "SELECT date_trunc('milliseconds', clock_timestamp())";
    private static final String PING = "SELECT 1";

    private static final ScopedValue<Duration> OWN_PATIENCE = ScopedValue.newInstance();

    private final ConnectionOperations<Connection> connections;
    private final TransactionOperations<Connection> transactions;
    private final DeadConnections dead;
    private final RefusedWrites refused;
    private final ConnectionLanes lanes;

    Postgres(
            ConnectionOperations<Connection> connections,
            TransactionOperations<Connection> transactions,
            DeadConnections dead,
            RefusedWrites refused,
            ConnectionLanes lanes) {
        this.connections = connections;
        this.transactions = transactions;
        this.dead = dead;
        this.refused = refused;
        this.lanes = lanes;
    }

    /** Runs work of Keylapse's own that its guarantees depend on, in its lane. Each statement may take {@code patience}. */
    public static void asOwnWork(Duration patience, PostgresLoop.Work work) throws InterruptedException {
        var _ = ConnectionLanes.in(
                PostgresLane.OWN_WORK,
                () -> ScopedValue.where(OWN_PATIENCE, patience).call(() -> {
                    work.run();
                    return patience;
                }));
    }

    /** Replaces all connections: idle ones at once, those in use when they are returned to the pool. */
    public void reconnect() {
        dead.giveUpAll();
    }

    /** Maps the current row to a value. */
    @FunctionalInterface
    public interface RowReader<T> {
        T read(ResultSet row) throws SQLException;
    }

    /** Runs the work in one transaction. Commits when it returns, and rolls back when it throws. */
    public <T> T inTransaction(Supplier<T> work) {
        return execute(work, inner -> transactions.executeWrite(_ -> inner.get()));
    }

    /** Runs the work. Each of its statements may take {@code patience}, in whole seconds. */
    public static <T> T within(Duration patience, Supplier<T> work) {
        return ScopedValue.where(OWN_PATIENCE, patience).call(work::get);
    }

    /** Runs a call of a repository, with the timeout of the work that it belongs to. */
    <T extends @Nullable Object> T forRepository(Supplier<T> call) {
        return onConnection(() -> {
            Connection connection = connections.getConnectionStatus().getConnection();
            try {
                StatementTimeouts.set(connection, patience());
            } catch (SQLException e) {
                throw failed(e);
            }
            return call.get();
        });
    }

    /** Runs the work on one connection, without a transaction. */
    <T extends @Nullable Object> T onConnection(Supplier<T> work) {
        return execute(work, inner -> connections.execute(ConnectionDefinition.DEFAULT, _ -> inner.get()));
    }

    /** Runs the work on the connection that the caller already uses; otherwise on another, after waiting in a lane. */
    private <T> T execute(Supplier<T> work, Function<Supplier<T>, T> onAnother) {
        if (connections.findConnectionStatus().isPresent()) {
            return work.get();
        }
        return lanes.withPlace(() -> attempt(work, onAnother));
    }

    private <T> T attempt(Supplier<T> work, Function<Supplier<T>, T> onAnother) {
        long begun = System.nanoTime();
        var why = new AtomicReference<@Nullable RuntimeException>();
        try {
            return onAnother.apply(() -> {
                try {
                    return work.get();
                } catch (RuntimeException e) {
                    why.set(e);
                    throw e;
                }
            });
        } catch (RuntimeException e) {
            // Returning a broken connection fails as well. That second exception would hide why the connection broke.
            RuntimeException failure = Objects.requireNonNullElse(why.get(), e);
            dead.judge(failure, begun);
            refused.judge(failure);
            throw failure;
        }
    }

    /** The rows of a query. */
    public <T> List<T> query(String sql, RowReader<T> reader, @Nullable Object... parameters) {
        return query(patience(), sql, reader, parameters);
    }

    /**
     * The rows of a query with a timeout of its own.
     *
     * @param patience as in {@link #queryFirst(Duration, String, RowReader, Object...)}
     */
    public <T> List<T> query(Duration patience, String sql, RowReader<T> reader, @Nullable Object... parameters) {
        return withStatement(patience, sql, parameters, statement -> rows(statement, reader));
    }

    private static <T> List<T> rows(PreparedStatement statement, RowReader<T> reader) throws SQLException {
        var rows = new ArrayList<T>();
        try (ResultSet result = statement.executeQuery()) {
            while (result.next()) {
                rows.add(reader.read(result));
            }
        }
        return rows;
    }

    /** The first row of a query; empty if there is none. */
    public <T> Optional<T> queryFirst(String sql, RowReader<T> reader, @Nullable Object... parameters) {
        return query(sql, reader, parameters).stream().findFirst();
    }

    /**
     * The first row of a query with a timeout of its own; empty if there is none.
     *
     * @param patience timeout after which the query is cancelled, rounded up to whole seconds. A connection that does not
     *     respond for one second longer is closed.
     */
    public <T> Optional<T> queryFirst(
            Duration patience, String sql, RowReader<T> reader, @Nullable Object... parameters) {
        return withStatement(patience, sql, parameters, statement -> {
            try (ResultSet result = statement.executeQuery()) {
                return result.next() ? Optional.of(reader.read(result)) : Optional.empty();
            }
        });
    }

    /** Runs a statement and returns the number of affected rows. */
    public int update(String sql, @Nullable Object... parameters) {
        return update(patience(), sql, parameters);
    }

    /** Runs a statement with named parameters and returns the number of affected rows. */
    public int update(NamedSql.Values statement) {
        return update(statement.sql(), statement.inOrder());
    }

    /** Runs a statement with a timeout of its own, rounded up to whole seconds; returns the number of affected rows. */
    public int update(Duration patience, String sql, @Nullable Object... parameters) {
        return withStatement(patience, sql, parameters, PreparedStatement::executeUpdate);
    }

    /** The current time of Postgres's clock, not that of the start of the transaction, in whole milliseconds. */
    public Instant now() {
        return queryFirst(NOW, row -> Columns.instant(row, 1)).orElseThrow();
    }

    /** Checks that Postgres responds, and throws if it does not. Uses the lane for own work, so requests do not delay it. */
    public void ping(Duration timeout) {
        var _ = ConnectionLanes.in(PostgresLane.OWN_WORK, () -> query(timeout, PING, row -> row.getInt(1)));
    }

    private static Duration patience() {
        return OWN_PATIENCE.orElse(PATIENCE);
    }

    private static DataAccessException failed(SQLException e) {
        return new DataAccessException("a statement failed in Postgres: " + e.getMessage(), e);
    }

    private interface Statement<T> {
        T run(PreparedStatement statement) throws SQLException;
    }

    /** Without a transaction, each statement is one of its own (autocommit), so no COMMIT is sent. */
    private <T> T withStatement(Duration patience, String sql, @Nullable Object[] parameters, Statement<T> work) {
        return onConnection(() -> run(patience, sql, parameters, work));
    }

    private <T> T run(Duration patience, String sql, @Nullable Object[] parameters, Statement<T> work) {
        try (PreparedStatement statement =
                connections.getConnectionStatus().getConnection().prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                Columns.bind(statement, i + 1, parameters[i]);
            }
            StatementTimeouts.set(statement, patience);
            return work.run(statement);
        } catch (SQLException e) {
            throw failed(e);
        }
    }
}
