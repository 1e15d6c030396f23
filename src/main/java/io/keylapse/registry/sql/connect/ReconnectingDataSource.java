package io.keylapse.registry.sql.connect;

import io.keylapse.registry.sql.PostgresFailure;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Data source that retries ten times a second during an outage of Postgres.
 *
 * <p>The pool alone uses an exponential back-off of up to 5 s, and so notices the end of an outage late. That is more than
 * the bound for recording an expiry. The first failure is thrown, so that waiting threads learn the cause. Start and end of
 * an outage are logged here, once for everything that uses Postgres.
 */
final class ReconnectingDataSource implements DataSource {
    private static final Logger LOG = LoggerFactory.getLogger(ReconnectingDataSource.class);
    private static final Duration PAUSE = Duration.ofMillis(100);
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final LimitedDriver connections;
    private final ServerCheck server;
    private final DataSource driver;
    private volatile boolean away;
    private volatile boolean reached;

    ReconnectingDataSource(LimitedDriver connections, ServerCheck server) {
        this.connections = connections;
        this.server = server;
        this.driver = connections.dataSource();
    }

    /** Ignores its parameters, because the pool passes the configured user. */
    @Override
    public Connection getConnection(String user, String password) throws SQLException {
        return getConnection();
    }

    @Override
    public Connection getConnection() throws SQLException {
        long begun = System.nanoTime();
        while (true) {
            try {
                Connection connection = server.checked(UnsupportedPostgresException.checked(connections.connect()));
                tell(null);
                return connection;
            } catch (SQLException e) {
                boolean told = away;
                tell(e);
                boolean passing = PostgresFailure.isUnavailable(e);
                if (!told || !passing || System.nanoTime() - begun > PATIENCE.toNanos()) {
                    throw e;
                }
            }
            try {
                Thread.sleep(PAUSE);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new SQLException("interrupted while connecting", e);
            }
        }
    }

    /** Logs start and end of an outage. A failure before the first connection is reported by the start of the service. */
    private synchronized void tell(@Nullable SQLException failure) {
        boolean before = away;
        away = failure != null;
        reached |= failure == null;
        if (failure != null && !before && reached) {
            LOG.warn(
                    "{}; Keylapse keeps trying to connect. Until then, keys in Redis are checked, and nothing is issued or"
                            + " recorded",
                    PostgresFailure.inWords(failure));
        } else if (before && !away && failure == null) {
            LOG.info("Postgres answers again");
        }
    }

    @Override
    public PrintWriter getLogWriter() throws SQLException {
        return driver.getLogWriter();
    }

    @Override
    public void setLogWriter(PrintWriter out) throws SQLException {
        driver.setLogWriter(out);
    }

    @Override
    public void setLoginTimeout(int seconds) throws SQLException {
        driver.setLoginTimeout(seconds);
    }

    @Override
    public int getLoginTimeout() throws SQLException {
        return driver.getLoginTimeout();
    }

    @Override
    public java.util.logging.Logger getParentLogger() {
        return java.util.logging.Logger.getLogger("org.postgresql");
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        return driver.unwrap(type);
    }

    @Override
    public boolean isWrapperFor(Class<?> type) throws SQLException {
        return driver.isWrapperFor(type);
    }
}
