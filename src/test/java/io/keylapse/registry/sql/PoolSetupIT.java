package io.keylapse.registry.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.micronaut.data.connection.jdbc.advice.DelegatingDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** The pool connects as it is configured to. */
class PoolSetupIT {
    @Test
    void the_driver_heeds_options_that_are_numbers() throws SQLException {
        try (var node = Node.start(
                        Stores.shared(), Map.of("datasources.default.data-source-properties.socketTimeout", 27));
                Connection connection = DelegatingDataSource.unwrapDataSource(node.bean(DataSource.class))
                        .getConnection()) {
            assertThat(connection.getNetworkTimeout()).isEqualTo(27_000);
        }
    }
}
