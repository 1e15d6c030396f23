package io.keylapse.registry.sql;

import io.keylapse.history.CurrentHistory;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Looks at each new connection whether it leads to a primary that is still the one to go by. An address may lead to several
 * servers at a time, as one with several hosts does, or a name during a fail-over: one connection to the right server says
 * nothing about the next.
 */
@Singleton
public final class ServerCheck {
    private static final int PATIENCE_MILLIS = (int) Duration.ofSeconds(2).toMillis();

    private static final Duration REMEMBERED = Duration.ofSeconds(10);

    /** The timeline as in {@code ChangeLog}: the name of the next WAL segment has it at once after a promotion. */
    private static final String ASK = """
            SELECT pg_is_in_recovery() AS standby, system_identifier AS system,
                   CASE WHEN NOT pg_is_in_recovery()
                        THEN ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int
                   END AS timeline
            FROM pg_control_system()""";

    private final CurrentHistory history;
    private volatile @Nullable Refusal last;

    private record Refusal(WrongServerException wrong, long nanoTime) {}

    ServerCheck(CurrentHistory history) {
        this.history = history;
    }

    /**
     * Asks the server which one it is, which takes one round trip and at most two seconds. One that may not be asked passes;
     * then the change feed, which asks the same, says what is missing.
     *
     * @throws WrongServerException if it is a standby, or if its standby was promoted in its place; the connection is closed then
     */
    Connection checked(Connection connection) throws SQLException {
        try {
            int before = connection.getNetworkTimeout();
            connection.setNetworkTimeout(Runnable::run, PATIENCE_MILLIS);
            WrongServerException wrong =
                    ask(connection).map(WrongServerException::new).orElse(null);
            connection.setNetworkTimeout(Runnable::run, before);
            if (wrong != null) {
                last = new Refusal(wrong, System.nanoTime());
                throw wrong;
            }
            return connection;
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    /** That a connection led to a server that must not be gone by, in words; empty when none did for ten seconds. */
    public Optional<String> complaint() {
        Refusal refusal = last;
        return refusal == null || System.nanoTime() - refusal.nanoTime > REMEMBERED.toNanos()
                ? Optional.empty()
                : Optional.ofNullable(refusal.wrong.getMessage());
    }

    private Optional<String> ask(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(ASK)) {
            row.next();
            return row.getBoolean("standby")
                    ? Optional.of(CurrentHistory.STANDBY)
                    : history.supersededBy(row.getLong("system"), row.getInt("timeline"));
        } catch (SQLException e) {
            if (PostgresFailure.isUnavailable(e)) {
                throw e;
            }
            return Optional.empty();
        }
    }
}
