package io.keylapse.degraded;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.OwnDatabase;
import io.keylapse.harness.PgBouncer;
import io.keylapse.harness.Stores;
import io.keylapse.registry.migration.Migrations;
import io.micronaut.core.value.MapPropertyResolver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A node behind PgBouncer in transaction mode, which may give each transaction another server connection and does not
 * pass on timeouts. If {@code REQUIRE_ALL_TESTS} is set, a missing PgBouncer is a failure.
 */
class PgBouncerIT {
    private static final int CONNECTIONS = 5;
    private static final Pattern SQL = Pattern.compile("```sql\n(ALTER ROLE.*?)```", Pattern.DOTALL);

    @TempDir
    Path folder;

    private OwnDatabase database;
    private PgBouncer bouncer;

    @BeforeEach
    void start() {
        if (System.getenv("REQUIRE_ALL_TESTS") == null) {
            assumeThat(PgBouncer.isInstalled()).as("PgBouncer").isTrue();
        }
        database = new OwnDatabase();
        bouncer = new PgBouncer(folder, database);
    }

    private Map<String, Object> settings() {
        var settings = new HashMap<>(database.settings(database.owner()));
        settings.put("keylapse.postgres.url", bouncer.url());
        return settings;
    }

    @Test
    void a_node_works_behind_it_and_names_the_time_outs_that_are_to_be_set_for_its_role() throws Exception {
        var settings = settings();
        settings.put("keylapse.migration.url", database.url());
        try (Node node = Node.start(Stores.shared(), settings)) {
            issueAndRevokeManyAtOnce(node);
            Answer expiring = node.admin().issue("expiring", Duration.ofSeconds(1));
            await().atMost(10, SECONDS)
                    .until(() -> node.admin()
                            .get("/v1/blacklist?owner=expiring")
                            .body()
                            .contains(expiring.text("id")));

            await().atMost(10, SECONDS).until(() -> missing(node).contains("lock_timeout"));
            assertThat(missing(node))
                    .contains(
                            "idle_in_transaction_session_timeout is 0",
                            "tcp_keepalives_idle",
                            "tcp_keepalives_interval",
                            "tcp_keepalives_count",
                            "ALTER ROLE \"" + database.owner() + "\" SET lock_timeout = ");

            database.run(alterRole());
            reconnect();
            await().atMost(30, SECONDS).untilAsserted(() -> {
                Answer readiness = node.anonymous().get("/health/readiness");
                assertThat(readiness.text("status")).as(readiness.body()).isEqualTo("UP");
            });
            assertThatWhatAVanishedHostLeavesOpenEnds(node);
        }
    }

    @Test
    void a_migration_is_not_tried_by_way_of_it() {
        assertThatThrownBy(() -> Node.start(Stores.shared(), settings()))
                .rootCause()
                .hasMessageContainingAll("PgBouncer", "KEYLAPSE_MIGRATION_URL");
        assertThat(database.ask("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
                        + " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"))
                .isZero();
    }

    @Test
    void a_start_through_it_leaves_the_timeouts_of_pooled_connections_unchanged() throws Exception {
        new Migrations(new MapPropertyResolver(database.settings(database.owner()))).run();
        database.run(alterRole());
        var settings = new MapPropertyResolver(settings());

        assertThat(new Migrations(settings).run()).isZero();
        new Migrations(settings).requireNonePending();

        List<Connection> open = new ArrayList<>();
        try {
            for (int i = 0; i < CONNECTIONS; i++) {
                Connection connection =
                        DriverManager.getConnection(bouncer.url(), database.owner(), OwnDatabase.PASSWORD);
                open.add(connection);
                // Each transaction holds a server connection of PgBouncer, so these are different ones.
                connection.setAutoCommit(false);
                try (var row = connection.createStatement().executeQuery("SHOW lock_timeout")) {
                    assertThat(row.next()).isTrue();
                    assertThat(row.getString(1)).isEqualTo("3s");
                }
            }
        } finally {
            for (Connection each : open) {
                each.close();
            }
        }
    }

    private static void issueAndRevokeManyAtOnce(Node node) throws InterruptedException {
        List<Callable<Answer>> calls = IntStream.range(0, 60)
                .<Callable<Answer>>mapToObj(i -> () -> {
                    Answer key = node.admin().issue("owner-" + i, Duration.ofDays(1));
                    return node.admin().delete("/v1/keys/" + key.text("id"));
                })
                .toList();
        try (var threads = Executors.newFixedThreadPool(10)) {
            assertThat(threads.invokeAll(calls))
                    .allSatisfy(
                            answer -> assertThat(answer.resultNow().status()).isEqualTo(200));
        }
    }

    private static String missing(Node node) {
        JsonNode missing = node.anonymous().get("/health/readiness").json().at("/details/stores/details/missing");
        return missing.toString().replace("\\\"", "\"");
    }

    /** The statements in docs/deployment.md. */
    private String alterRole() throws Exception {
        var block = SQL.matcher(Files.readString(Path.of("docs/deployment.md")));
        assertThat(block.find()).isTrue();
        return block.group(1).replace("keylapse_app", database.owner());
    }

    /** The same as RECONNECT in PgBouncer. */
    private void reconnect() {
        database.ask("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = '"
                + database.owner() + "'");
    }

    private void assertThatWhatAVanishedHostLeavesOpenEnds(Node node) throws SQLException {
        String open = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction' AND datname ="
                + " current_database() AND query LIKE 'UPDATE api_key SET change = nextval%'";
        try (Connection vanished =
                        DriverManager.getConnection(bouncer.url() + "?prepareThreshold=0", "anybody", "anything");
                Statement statement = vanished.createStatement()) {
            vanished.setAutoCommit(false);
            statement.executeUpdate("UPDATE api_key SET change = nextval('key_change')");
            assertThat(database.ask(open)).isEqualTo(1);
            await().atMost(15, SECONDS).until(() -> database.ask(open) == 0);
        }
        issueOne(node);
    }

    private static void issueOne(Node node) {
        assertThat(node.admin().issue("afterwards", Duration.ofDays(1)).status())
                .isEqualTo(201);
    }
}
