package io.keylapse.registry.sql;

import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.logging.Logger;
import javax.sql.DataSource;

/**
 * Connects, and while Postgres is away tries ten times a second until it is back.
 *
 * <p>Left alone, the pool waits twice as long after each failure, up to 5 s, during which it does not notice that Postgres
 * has been back for long. That is more than expiries may be recorded late by. Only the first failure is told, so that
 * somebody says why.
 */
final class PersistentDataSource implements DataSource {
    private static final Duration PAUSE = Duration.ofMillis(100);
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final DataSource driver;
    private volatile boolean away;

    PersistentDataSource(DataSource driver) {
        this.driver = driver;
    }

    private interface Attempt {
        Connection connect() throws SQLException;
    }

    @Override
    public Connection getConnection() throws SQLException {
        return persist(driver::getConnection);
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
        return persist(() -> driver.getConnection(user, password));
    }

    private Connection persist(Attempt attempt) throws SQLException {
        long begun = System.nanoTime();
        while (true) {
            try {
                Connection connection = attempt.connect();
                away = false;
                return connection;
            } catch (SQLException e) {
                boolean told = away;
                away = PostgresFailure.isUnavailable(e);
                if (!told || !away || System.nanoTime() - begun > PATIENCE.toNanos()) {
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
    public Logger getParentLogger() {
        return Logger.getLogger("org.postgresql");
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
