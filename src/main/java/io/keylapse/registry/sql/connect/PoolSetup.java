package io.keylapse.registry.sql.connect;

import io.micronaut.configuration.jdbc.hikari.DatasourceConfiguration;
import io.micronaut.context.event.BeanCreatedEvent;
import io.micronaut.context.event.BeanCreatedEventListener;
import jakarta.inject.Singleton;
import java.util.Properties;

/** Makes the pool connect through {@link ReconnectingDataSource}, with all options that are configured for the driver. */
@Singleton
final class PoolSetup implements BeanCreatedEventListener<DatasourceConfiguration> {
    /** Hikari reads it when the pool is made. */
    private static final String VALIDATED_AFTER = "com.zaxxer.hikari.aliveBypassWindowMs";

    /**
     * Milliseconds without use after which a connection is validated, with a query of its own, before its next use. Hikari's
     * default is 500: then an idle node, whose tasks pause for a second, would validate before every third statement.
     */
    private static final String TWO_SECONDS = "2000";

    private final ServerCheck server;

    PoolSetup(ServerCheck server) {
        this.server = server;
    }

    @Override
    public DatasourceConfiguration onCreated(BeanCreatedEvent<DatasourceConfiguration> event) {
        if (System.getProperty(VALIDATED_AFTER) == null) {
            System.setProperty(VALIDATED_AFTER, TWO_SECONDS);
        }
        DatasourceConfiguration pool = event.getBean();
        var driver = new LimitedDriver(
                pool.getJdbcUrl(),
                pool.getDriverClassName(),
                asText(pool.getDataSourceProperties()),
                pool.getUsername(),
                pool.getPassword());
        pool.setDataSource(new ReconnectingDataSource(driver, server));
        return pool;
    }

    /** Options as strings, because the driver ignores numbers and booleans, which configuration files may contain. */
    private static Properties asText(Properties options) {
        var texts = new Properties();
        options.forEach((name, value) -> texts.setProperty(name.toString(), value.toString()));
        return texts;
    }
}
