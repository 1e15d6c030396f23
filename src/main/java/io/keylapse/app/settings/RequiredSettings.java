package io.keylapse.app.settings;

import io.keylapse.registry.sql.lane.ConnectionLanes;
import io.keylapse.registry.sql.lane.PostgresLane;
import io.micronaut.context.env.Environment;
import io.micronaut.context.exceptions.ConfigurationException;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;

/**
 * Validates the settings before a start, and refuses it if a required one is missing: a mistyped variable must never
 * start an empty store.
 */
public final class RequiredSettings {
    private static final int MAX_CONNECTIONS = 10_000;
    private static final int MAX_EVENT_LOOPS = 1_000;
    /** Micronaut's value for a random port. */
    private static final int ANY_PORT = -1;

    private static final int HIGHEST_PORT = 65_535;
    /**
     * The driver's logger, switched off because the exception here says in one line why a URL is refused. Held in a
     * field: an unreferenced logger is collected, and its level is lost.
     */
    private static final Logger DRIVER_LOG = Logger.getLogger("org.postgresql");

    private static final List<String> STORES = List.of("keylapse.postgres.url", "keylapse.redis.uri");
    private static final String POOL_SIZE = "keylapse.postgres.pool-size";
    private static final String MISS_CONCURRENCY = "keylapse.check.miss-concurrency";
    /** Settings that a process that serves requires. */
    static final List<String> TO_SERVE =
            Stream.concat(STORES.stream(), Stream.of("keylapse.admin-key")).toList();

    private RequiredSettings() {}

    /**
     * Checks the settings of a process that serves.
     *
     * @throws ConfigurationException in one line that names the missing or invalid setting
     */
    public static void check(Environment environment) {
        check(environment, TO_SERVE);
    }

    /**
     * Checks the settings of a process that needs both stores but serves no requests.
     *
     * @throws ConfigurationException in one line that names the missing or invalid setting
     */
    public static void checkStores(Environment environment) {
        check(environment, STORES);
    }

    /**
     * Checks the settings of a process that only migrates.
     *
     * @throws ConfigurationException in one line that names the missing or invalid setting
     */
    public static void checkPostgres(Environment environment) {
        boolean hasMigrationUrl =
                KnownSettings.text(environment, "keylapse.migration.url").isPresent();
        check(environment, hasMigrationUrl ? List.of() : List.of("keylapse.postgres.url"));
    }

    private static void check(Environment environment, List<String> required) {
        KnownSettings.check(environment);
        List<String> missing = required.stream()
                .filter(setting -> KnownSettings.text(environment, setting).isEmpty())
                .map(KnownSettings::variable)
                .toList();
        if (!missing.isEmpty()) {
            throw new ConfigurationException(String.join(", ", missing) + (missing.size() == 1 ? " is" : " are")
                    + " not set; set " + (missing.size() == 1 ? "it" : "them")
                    + ", or try \"keylapse dev\", which starts embedded stores");
        }
        DRIVER_LOG.setLevel(Level.OFF);
        checkJdbcUrl(environment, "keylapse.postgres.url");
        checkJdbcUrl(environment, "keylapse.migration.url");
        checkPool(environment);
        checkNumber(environment, "keylapse.event-loops", "KEYLAPSE_EVENT_LOOPS", 0, MAX_EVENT_LOOPS);
        checkNumber(environment, "micronaut.server.port", "MICRONAUT_SERVER_PORT", ANY_PORT, HIGHEST_PORT);
        checkNumber(environment, "endpoints.all.port", "ENDPOINTS_ALL_PORT", ANY_PORT, HIGHEST_PORT);
    }

    private static void checkJdbcUrl(Environment environment, String setting) {
        if (KnownSettings.text(environment, setting)
                .filter(url -> !isJdbcUrl(url))
                .isPresent()) {
            throw new ConfigurationException(KnownSettings.variable(setting)
                    + " must be a JDBC URL such as jdbc:postgresql://host:5432/keylapse");
        }
    }

    /**
     * The pool must have enough connections for every lane, and the lane of checks one for each concurrent look-up.
     */
    private static void checkPool(Environment environment) {
        checkNumber(
                environment, POOL_SIZE, "KEYLAPSE_POSTGRES_POOL_SIZE", ConnectionLanes.MIN_POOL_SIZE, MAX_CONNECTIONS);
        int poolSize = environment.getRequiredProperty("datasources.default.maximum-pool-size", int.class);
        if (poolSize < ConnectionLanes.MIN_POOL_SIZE) {
            throw new ConfigurationException("KEYLAPSE_POSTGRES_POOL_SIZE must be at least "
                    + ConnectionLanes.MIN_POOL_SIZE + "; datasources.default.maximum-pool-size is " + poolSize);
        }
        int forChecks = ConnectionLanes.places(PostgresLane.CHECKS, poolSize);
        int concurrency = environment.getProperty(MISS_CONCURRENCY, int.class).orElse(1);
        if (concurrency > forChecks) {
            throw new ConfigurationException(MISS_CONCURRENCY + " (" + KnownSettings.variable(MISS_CONCURRENCY)
                    + ") must be at most " + forChecks + ", not " + concurrency + ": with KEYLAPSE_POSTGRES_POOL_SIZE "
                    + poolSize + ", checks have " + forChecks + " connections");
        }
    }

    private static boolean isJdbcUrl(String url) {
        try {
            return DriverManager.getDriver(url).acceptsURL(url);
        } catch (SQLException e) {
            return false;
        }
    }

    /** Micronaut, the pool and Netty would refuse the value too, but later and without naming the setting. */
    private static void checkNumber(Environment environment, String setting, String variable, int least, int most) {
        Optional<String> value = KnownSettings.text(environment, setting);
        if (value.isPresent() && !isBetween(value.get(), least, most)) {
            throw new ConfigurationException(
                    variable + " must be a number from " + Math.max(0, least) + " to " + most + ", not " + value.get());
        }
    }

    private static boolean isBetween(String value, int least, int most) {
        try {
            int number = Integer.parseInt(value);
            return least <= number && number <= most;
        } catch (NumberFormatException e) {
            return false;
        }
    }
}
