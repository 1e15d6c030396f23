package io.keylapse.registry.migration;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Client;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.OwnDatabase;
import io.keylapse.harness.PostgresVersion;
import io.keylapse.harness.Stores;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** How the schema is created, by which role, and the messages when that is not allowed. */
class MigrationsIT {
    private static final Pattern SQL = Pattern.compile("```sql\n(.*?)```", Pattern.DOTALL);

    private final OwnDatabase database = new OwnDatabase();

    @Test
    void a_migration_that_waits_is_ended_by_no_time_out_of_ours_or_of_its_role() throws Exception {
        database.migrateTo("4");
        database.run("""
                ALTER ROLE %1$s SET idle_in_transaction_session_timeout = 200;
                ALTER ROLE %1$s SET lock_timeout = 500;
                ALTER ROLE %1$s SET statement_timeout = 500""".formatted(database.owner()));
        var settings = new HashMap<>(database.settings(database.owner()));
        settings.merge(
                "keylapse.postgres.url",
                "",
                (url, _) -> url + (database.url().contains("?") ? "&" : "?") + "socketTimeout=1");

        CompletableFuture<Node> starting;
        try (Connection holder = database.connect();
                Statement statement = holder.createStatement()) {
            holder.setAutoCommit(false);
            statement.execute("LOCK TABLE api_key");
            starting = CompletableFuture.supplyAsync(() -> Node.start(Stores.shared(), settings));
            await().atMost(30, SECONDS)
                    .until(() -> starting.isDone()
                            || database.ask("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                                            + " AND datname = current_database()"
                                            + " AND query_start < clock_timestamp() - interval '2 seconds'")
                                    > 0);
        }
        try (Node node = starting.join()) {
            assertThat(node.admin().issue("owner", Duration.ofDays(1)).status()).isEqualTo(201);
        }
    }

    @Test
    void a_role_with_the_documented_rights_serves_and_does_not_migrate() throws Exception {
        String role = database.name() + "_app";
        database.run("CREATE ROLE " + role + " LOGIN PASSWORD '" + OwnDatabase.PASSWORD + "'");
        try {
            assertThatThrownBy(() -> Node.start(Stores.shared(), database.settings(role)))
                    .rootCause()
                    .hasMessageContainingAll(
                            "V1__keys_and_blacklist.sql", "the role " + role + " may not", "\"keylapse migrate\"");
            var apart = new HashMap<>(database.settings(database.owner()));
            apart.put("keylapse.migration.at-start", false);
            assertThatThrownBy(() -> Node.start(Stores.shared(), apart))
                    .rootCause()
                    .hasMessageContainingAll("V1__keys_and_blacklist.sql", "\"keylapse migrate\"");
            assertThat(database.ask("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"))
                    .isZero();

            var settings = new HashMap<>(database.settings(role));
            settings.putAll(Map.of(
                    "keylapse.migration.user", database.owner(), "keylapse.migration.password", OwnDatabase.PASSWORD));
            Node.start(Stores.shared(), settings).close();
            database.run(grants(role));

            try (Node node = Node.start(Stores.shared(), database.settings(role))) {
                assertWorks(node);
                await().atMost(10, SECONDS)
                        .untilAsserted(() -> assertThat(node.anonymous()
                                        .get("/health/readiness")
                                        .text("status"))
                                .isEqualTo("UP"));
            }
        } finally {
            database.run("DROP OWNED BY " + role);
            database.run("DROP ROLE " + role);
        }
    }

    @Test
    void a_role_that_may_not_migrate_gets_an_error_even_if_only_the_latest_is_missing() {
        database.migrateTo("7");
        String role = database.name() + "_app";
        database.run("CREATE ROLE " + role + " LOGIN PASSWORD '" + OwnDatabase.PASSWORD + "'");
        try {
            database.run("GRANT SELECT ON ALL TABLES IN SCHEMA public TO " + role);
            assertThatThrownBy(() -> Node.start(Stores.shared(), database.settings(role)))
                    .rootCause()
                    .hasMessageContainingAll("V8__", "the role " + role + " may not", "\"keylapse migrate\"");
            assertThat(database.ask("SELECT count(*) FROM flyway_schema_history"))
                    .isEqualTo(7);
        } finally {
            database.run("DROP OWNED BY " + role);
            database.run("DROP ROLE " + role);
        }
    }

    /** The statements of docs/deployment.md from the first GRANT on, for this role. */
    private static String grants(String role) throws Exception {
        String grants = SQL.matcher(Files.readString(Path.of("docs/deployment.md")))
                .results()
                .map(block -> block.group(1))
                .filter(block -> block.startsWith("GRANT"))
                .findFirst()
                .orElseThrow();
        return grants.replace("keylapse_app", role);
    }

    private static void assertWorks(Node node) {
        Client admin = node.admin();
        Answer key = admin.issue("owner", Duration.ofSeconds(2));
        Answer other = admin.post(
                "/v1/keys",
                "{\"owner\":\"owner\",\"name\":\"n\",\"ttl\":\"P1D\",\"contact\":{\"email\":\"a@example.com\"}}",
                "Idempotency-Key",
                "once");
        String path = "/v1/keys/" + other.text("id");
        assertThat(admin.patch(path, "{\"name\":\"m\"}").status()).isEqualTo(200);
        assertThat(admin.post(path + "/renew", "{\"ttl\":\"P2D\"}").status()).isEqualTo(200);
        assertThat(admin.post(path + "/rotate", "{}").status()).isEqualTo(201);
        assertThat(admin.post("/v1/owners/owner/revoke", "{}").status()).isEqualTo(200);
        Answer manager = admin.post("/v1/management-keys", "{\"name\":\"a\",\"role\":\"auditor\"}");
        assertThat(admin.delete("/v1/management-keys/" + manager.text("id")).status())
                .isEqualTo(204);
        await().atMost(10, SECONDS)
                .until(() -> admin.get("/v1/blacklist?owner=owner").body().contains(key.text("id")));
        Answer expiring = admin.issue("expiring", Duration.ofSeconds(1));
        await().atMost(10, SECONDS)
                .until(() -> admin.get("/v1/blacklist?owner=expiring").body().contains(expiring.text("id")));
        assertThat(admin.post("/v1/keys/" + expiring.text("id") + "/renew", "{\"ttl\":\"P2D\"}")
                        .status())
                .isEqualTo(200);
        assertThat(admin.get("/v1/notices").status()).isEqualTo(200);
        assertThat(admin.get("/v1/blacklist/stats").status()).isEqualTo(200);
    }

    @Test
    void a_postgres_that_is_too_old_is_refused() {
        try (Stores old = Stores.ofPostgres(PostgresVersion.TOO_OLD)) {
            assertThatThrownBy(() -> Node.start(old, Map.of()))
                    .hasStackTraceContaining("Postgres at KEYLAPSE_POSTGRES_URL is version 13.")
                    .hasStackTraceContaining("14 or newer");
        }
    }

    @Test
    void a_database_that_cannot_hold_every_text_is_refused() {
        try (var ascii = new OwnDatabase("SQL_ASCII")) {
            assertThatThrownBy(() -> Node.start(Stores.shared(), ascii.settings(ascii.owner())))
                    .rootCause()
                    .hasMessageContainingAll("KEYLAPSE_POSTGRES_URL", "SQL_ASCII", "must have UTF8");
            assertThat(ascii.ask("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"))
                    .isZero();
        }
    }
}
