package io.keylapse.registry.sql.connect;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.registry.watch.PostgresWatch;
import io.micronaut.data.connection.jdbc.advice.DelegatingDataSource;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** The pool connects with its configured options. */
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

    @Test
    void every_connection_tells_postgres_when_to_give_it_up() throws SQLException {
        try (var node = Node.start(Stores.shared(), Map.of())) {
            assertThat(setting(node, "idle_in_transaction_session_timeout")).isEqualTo("5s");
            assertThat(setting(node, "lock_timeout")).isEqualTo("3s");
            assertThat(setting(node, "tcp_keepalives_idle")).isEqualTo("5");
            assertThat(setting(node, "tcp_keepalives_interval")).isEqualTo("1");
            assertThat(setting(node, "tcp_keepalives_count")).isEqualTo("3");
            assertThat(node.bean(PostgresWatch.class).complaints()).isEmpty();
        }
    }

    /** Options of the operator apply, and are checked like other values. */
    @Test
    void a_time_out_that_does_not_hold_is_named_in_readiness() throws SQLException {
        String url = Stores.shared().postgresUrl();
        try (var node = Node.start(
                Stores.shared(),
                Map.of(
                        "keylapse.postgres.url",
                        url + (url.contains("?") ? "&" : "?")
                                + "options=-c%20lock_timeout=0%20-c%20tcp_keepalives_idle=100"))) {
            assertThat(setting(node, "lock_timeout")).isEqualTo("0");
            assertThat(setting(node, "idle_in_transaction_session_timeout")).isEqualTo("5s");
            await().atMost(10, SECONDS)
                    .untilAsserted(() -> assertThat(
                                    node.anonymous().get("/health/readiness").body())
                            .contains(
                                    "DEGRADED",
                                    "lock_timeout is 0, and should be from 1 to 3000",
                                    "tcp_keepalives_idle is 100, and should be from 1 to 5")
                            .doesNotContain("idle_in_transaction_session_timeout"));
        }
    }

    private static String setting(Node node, String name) throws SQLException {
        try (Connection connection = DelegatingDataSource.unwrapDataSource(node.bean(DataSource.class))
                        .getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SHOW " + name)) {
            row.next();
            return row.getString(1);
        }
    }
}
