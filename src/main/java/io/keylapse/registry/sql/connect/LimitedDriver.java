package io.keylapse.registry.sql.connect;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.zaxxer.hikari.util.DriverDataSource;
import java.net.URLEncoder;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.PGProperty;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens connections with the {@link ServerLimits}. The first connection shows whether there is a pooler in between; if so,
 * features that poolers do not support are not used.
 */
final class LimitedDriver {
    private static final Logger LOG = LoggerFactory.getLogger(LimitedDriver.class);

    private final DriverDataSource limited;
    private final DriverDataSource plain;
    private final boolean thresholdIsGiven;
    private volatile boolean refusesOptions;
    private volatile @Nullable Boolean pooled;

    /** Options that the operator configured come after ours, so they take precedence. */
    LimitedDriver(
            String url, String driverClass, Properties properties, @Nullable String user, @Nullable String password) {
        Properties given = Driver.parseURL(url, properties);
        String options = given == null ? null : PGProperty.OPTIONS.getOrDefault(given);
        String all = options == null ? ServerLimits.OPTIONS : ServerLimits.OPTIONS + " " + options;
        // In the URL, because the URL takes precedence over properties.
        String limitedUrl = url + (url.contains("?") ? "&" : "?") + "options=" + URLEncoder.encode(all, UTF_8);
        limited = new DriverDataSource(limitedUrl, driverClass, properties, user, password);
        plain = new DriverDataSource(url, driverClass, properties, user, password);
        thresholdIsGiven = given != null && PGProperty.PREPARE_THRESHOLD.isPresent(given);
    }

    /** The driver's data source, for everything other than connecting. */
    DriverDataSource dataSource() {
        return limited;
    }

    Connection connect() throws SQLException {
        Connection connection = connectWithOptions();
        try {
            if (isPooled(connection) && !thresholdIsGiven) {
                Pooler.prepareNothing(connection);
            }
            return connection;
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    private Connection connectWithOptions() throws SQLException {
        if (!refusesOptions) {
            try {
                return limited.getConnection();
            } catch (SQLException e) {
                if (!Pooler.refusesOptions(e)) {
                    throw e;
                }
                refusesOptions = true;
            }
        }
        return plain.getConnection();
    }

    private boolean isPooled(Connection connection) throws SQLException {
        Boolean known = pooled;
        if (known != null) {
            return known;
        }
        boolean found = Pooler.isBehind(connection);
        pooled = found;
        if (found) {
            LOG.info("Postgres is reached through a pooler such as PgBouncer: statements are not prepared on the"
                    + " server, and its timeouts must be set for the role (see docs/deployment.md)");
        }
        return found;
    }
}
