package io.keylapse.registry.sql.connect;

import io.keylapse.history.CurrentHistory;
import io.keylapse.registry.sql.PostgresFailure;
import io.keylapse.registry.sql.WrongServerException;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Checks that each new connection leads to the current primary. An address can lead to several servers at a time, such as a
 * URL with several hosts, or a host name during a fail-over. So every connection is checked, not only the first.
 */
@Singleton
public final class ServerCheck {
    private static final int PATIENCE_MILLIS = (int) Duration.ofSeconds(2).toMillis();

    private static final Duration REMEMBERED = Duration.ofSeconds(10);

    /** Reads the timeline from the name of the next WAL segment, which has it immediately after a promotion. */
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
     * Checks the identity of the server, in one round trip and at most 2 seconds. If the role lacks the right to read
     * it, the connection passes; the change feed runs the same query and reports the missing right.
     *
     * @throws WrongServerException if the server is a standby, or a primary whose standby was promoted in its place; the
     *     connection is then closed
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

    /** Why a connection led to the wrong server; empty if none did in the last 10 seconds. */
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
