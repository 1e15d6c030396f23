package io.keylapse.app;

import static io.keylapse.harness.Node.freePort;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.keylapse.app.Program.Ended;
import io.keylapse.app.settings.KnownSettings;
import io.keylapse.harness.Client;
import io.keylapse.harness.Node;
import io.keylapse.harness.OwnDatabase;
import io.keylapse.harness.PostgresVersion;
import io.keylapse.harness.RefusedStart;
import io.keylapse.harness.Stores;
import io.keylapse.key.ManagementKeyId;
import io.micronaut.context.ApplicationContext;
import io.netty.channel.EventLoopGroup;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StartIT {
    private static final String PASSWORD = "a-password-that-must-not-be-shown";

    @TempDir
    Path folder;

    private final Map<String, String> environment = Program.environment(Stores.shared());

    private Ended run(String... arguments) {
        try (Program program = Program.start(folder, environment, arguments)) {
            return program.awaitEnd();
        }
    }

    private static String theOneLineOf(Ended refused) {
        assertThat(refused.exitCode()).as(refused.err()).isEqualTo(1);
        assertThat(refused.err().lines()).hasSize(1);
        assertThat(refused.err()).startsWith("keylapse: ");
        assertThat(refused.out()).doesNotContain("\tat ").doesNotContain(PASSWORD);
        assertThat(refused.err()).doesNotContain("Exception").doesNotContain(PASSWORD);
        return refused.err().strip();
    }

    @ParameterizedTest
    @ValueSource(strings = {"KEYLAPSE_POSTGRES_URL", "KEYLAPSE_REDIS_URI", "KEYLAPSE_ADMIN_KEY"})
    void a_start_without_a_required_setting_is_refused_naming_it(String variable) {
        environment.remove(variable);
        assertThat(theOneLineOf(run("serve"))).contains(variable + " is not set");
    }

    @Test
    void a_start_without_any_setting_is_refused_naming_all_that_is_missing() {
        environment.clear();
        assertThat(theOneLineOf(run()))
                .contains("KEYLAPSE_POSTGRES_URL, KEYLAPSE_REDIS_URI, KEYLAPSE_ADMIN_KEY are not set");
    }

    @Test
    void a_mistyped_variable_prevents_the_start_and_the_right_one_is_suggested() {
        environment.put("KEYLAPSE_REDIS_URL", environment.remove("KEYLAPSE_REDIS_URI"));
        Ended refused = run();
        assertThat(theOneLineOf(refused)).contains("KEYLAPSE_REDIS_URI is not set");
        assertThat(refused.out())
                .contains("KEYLAPSE_REDIS_URL is not a setting", "did you mean KEYLAPSE_REDIS_URI?")
                .doesNotContain("listening", Stores.shared().redisUri());
    }

    @Test
    void a_wrong_password_of_postgres_is_refused_without_showing_it() {
        environment.put("KEYLAPSE_POSTGRES_PASSWORD", PASSWORD);
        assertThat(theOneLineOf(run()))
                .contains("password authentication failed", "KEYLAPSE_POSTGRES_URL", "_PASSWORD");
    }

    @Test
    void a_postgres_that_is_too_old_is_refused_naming_the_version_that_is_needed() {
        try (Stores old = Stores.ofPostgres(PostgresVersion.TOO_OLD)) {
            environment.putAll(Program.environment(old));
            assertThat(theOneLineOf(run()))
                    .contains("Postgres at KEYLAPSE_POSTGRES_URL is version 13.", "too old", "14 or newer");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "MICRONAUT_SERVER_PORT",
                "KEYLAPSE_GATEWAY_PORT",
                "KEYLAPSE_GRPC_PORT",
                "KEYLAPSE_OBSERVATION_PORT",
                "ENDPOINTS_ALL_PORT"
            })
    void a_port_that_is_taken_is_named_with_its_setting_before_any_store_is_asked(String variable) throws Exception {
        // What asked it would complain of it.
        environment.put("KEYLAPSE_POSTGRES_URL", "jdbc:postgresql://127.0.0.1:" + freePort() + "/postgres");
        try (var taken = new ServerSocket(0)) {
            environment.put(variable, Integer.toString(taken.getLocalPort()));
            assertThat(theOneLineOf(run())).isEqualTo(inUse(taken, variable));
        }
    }

    @Test
    void a_port_that_is_taken_is_named_before_dev_starts_its_stores() throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Map<String, String> settings = Map.of("MICRONAUT_SERVER_PORT", Integer.toString(taken.getLocalPort()));
            try (Program program = Program.start(folder, settings, "dev")) {
                assertThat(theOneLineOf(program.awaitEnd())).isEqualTo(inUse(taken, "MICRONAUT_SERVER_PORT"));
            }
        }
        assertThat(folder.resolve("data/postgres")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "micronaut.server.port",
                "keylapse.gateway.port",
                "keylapse.grpc.port",
                "keylapse.observation-port"
            })
    void a_port_that_is_taken_while_the_service_starts_is_named_in_the_same_words(String setting) throws Exception {
        int port = freePort();
        Throwable failure = catchThrowable(() -> {
            ApplicationContext prepared = Service.prepare(settings(setting, Integer.toString(port)));
            try (var _ = new ServerSocket(port)) {
                startAndStop(prepared);
            }
        });
        assertThat(failure).isNotNull();
        assertThat(StartFailure.describe(failure)).isEqualTo(inUse(port, KnownSettings.variable(setting)));
    }

    private static String inUse(ServerSocket taken, String variable) {
        return "keylapse: " + inUse(taken.getLocalPort(), variable);
    }

    private static String inUse(int port, String variable) {
        return "Port " + port + " is already in use. Stop the other program, or set " + variable + ".";
    }

    @Test
    void an_address_that_this_machine_does_not_have_is_refused_naming_its_setting() {
        environment.put("MICRONAUT_SERVER_PORT", Integer.toString(freePort()));
        environment.put("MICRONAUT_SERVER_HOST", "192.0.2.1");
        assertThat(theOneLineOf(run())).contains("cannot be listened on", "MICRONAUT_SERVER_HOST");
    }

    @Test
    void a_service_names_its_pages_at_the_address_it_listens_on_unless_they_are_switched_off() {
        try (Program program = Program.start(folder, environment)) {
            String url = "http://localhost:" + program.awaitPort();
            assertThat(program.out())
                    .contains("listening on " + url + "; console: " + url + "/console; key holders: " + url
                            + "/my-key; API reference: " + url + "/api-docs");
        }
        environment.putAll(Map.of(
                "KEYLAPSE_CONSOLE_ENABLED", "false",
                "KEYLAPSE_API_DOCS_ENABLED", "false",
                "KEYLAPSE_MY_KEY_ENABLED", "false",
                "MICRONAUT_SERVER_HOST", "127.0.0.2"));
        try (Program program = Program.start(folder, environment)) {
            int port = program.awaitPort();
            assertThat(program.out().lines()).anyMatch(line -> line.endsWith("listening on http://127.0.0.2:" + port));
        }
    }

    @Test
    void a_short_admin_key_is_refused_without_showing_it() {
        environment.put("KEYLAPSE_ADMIN_KEY", "rather-short");
        assertThat(theOneLineOf(run()))
                .contains("KEYLAPSE_ADMIN_KEY", "at least 24 characters")
                .doesNotContain("rather-short");
    }

    @Test
    void a_bad_variable_is_refused_by_the_program_itself() {
        environment.put("KEYLAPSE_KEYS_MAX_LIFETIME", "banana");
        assertThat(theOneLineOf(run())).contains("keylapse.keys.max-lifetime", "banana");
    }

    @Test
    void a_service_starts_with_white_space_around_values_and_secrets_from_files() throws Exception {
        String former = "a-former-admin-key-for-tests";
        environment.replaceAll((_, value) -> "\uFEFF \t" + value + " \r\n");
        environment.put("KEYLAPSE_FORMER_ADMIN_KEYS", " another-former-admin-key , " + former + "\n");
        environment.put("KEYLAPSE_NOTICES_LEAD_TIMES", " P2D , PT1H\n");
        environment.put("KEYLAPSE_GATEWAY_KEY_HEADER", " X-Own-Key\n");
        for (String secret : List.of("KEYLAPSE_POSTGRES_PASSWORD", "KEYLAPSE_REDIS_URI")) {
            Path file = Files.writeString(folder.resolve(secret), environment.remove(secret));
            environment.put(secret + "_FILE", file.toString());
        }
        try (Program program = Program.start(folder, environment)) {
            Client admin = Client.of(program.awaitPort(), Node.ADMIN_KEY);
            assertThat(admin.get("/v1/me").text("id")).isEqualTo(ManagementKeyId.ENVIRONMENT.toString());
            Client formerAdmin = Client.of(program.awaitPort(), former);
            assertThat(formerAdmin.get("/v1/me").text("role")).isEqualTo("admin");
            assertThat(formerAdmin.get("/v1/me").text("id")).isEqualTo(ManagementKeyId.FORMER_ENVIRONMENT.toString());
            assertThat(Client.of(program.awaitPort(), former + "x")
                            .get("/v1/me")
                            .status())
                    .isEqualTo(401);
            var key = admin.issue("owner", Duration.ofMinutes(1));
            assertThat(admin.get("/check", "X-Own-Key", Objects.requireNonNull(key.text("key")))
                            .status())
                    .isEqualTo(200);
            assertThat(program.out()).doesNotContain("is not a setting");
            Ended audit = run("audit");
            assertThat(audit.err()).isEmpty();
            assertThat(audit.out()).contains("compared");
        }
    }

    @Test
    void a_secret_and_its_file_are_refused_naming_both() {
        environment.put("KEYLAPSE_ADMIN_KEY_FILE", "/run/secrets/admin-key");
        assertThat(theOneLineOf(run())).contains("KEYLAPSE_ADMIN_KEY and KEYLAPSE_ADMIN_KEY_FILE are both set");
    }

    @Test
    void a_placeholder_that_stands_for_nothing_is_refused_without_showing_the_value() {
        environment.put("KEYLAPSE_ADMIN_KEY", PASSWORD + "${");
        assertThat(theOneLineOf(run())).contains("KEYLAPSE_ADMIN_KEY");
    }

    @ParameterizedTest
    @CsvSource({
        "keylapse.postgres.url, localhost/keylapse, KEYLAPSE_POSTGRES_URL",
        "keylapse.postgres.url, jdbc:postgresql://:x:/y, KEYLAPSE_POSTGRES_URL",
        "keylapse.postgres.url, jdbc:postgresql://127.0.0.1:1/keylapse, KEYLAPSE_POSTGRES_URL",
        "keylapse.migration.url, localhost/keylapse, KEYLAPSE_MIGRATION_URL",
        "keylapse.migration.url, jdbc:postgresql://127.0.0.1:1/keylapse, KEYLAPSE_MIGRATION_URL",
        "keylapse.migration.at-start, maybe, keylapse.migration.at-start",
        "keylapse.postgres.pool-size, abc, KEYLAPSE_POSTGRES_POOL_SIZE",
        "keylapse.postgres.pool-size, 0, KEYLAPSE_POSTGRES_POOL_SIZE",
        "keylapse.postgres.pool-size, 11, KEYLAPSE_POSTGRES_POOL_SIZE",
        "keylapse.redis.uri, nonsense, KEYLAPSE_REDIS_URI",
        "keylapse.redis.uri, redis://:a-password-that-must-not-be-shown@, KEYLAPSE_REDIS_URI",
        "keylapse.redis.uri, redis://:a-password-that-must-not-be-shown@ho st:6379, KEYLAPSE_REDIS_URI",
        "keylapse.redis.uri, redis://:a-password-that-must-not-be-shown@host:63x, KEYLAPSE_REDIS_URI",
        "keylapse.redis.uri, redis-sentinel://:a-password-that-must-not-be-shown@host:26379, KEYLAPSE_REDIS_URI",
        "keylapse.redis.uri, redis-sentinel://:a-password-that-must-not-be-shown@host:2x#name, KEYLAPSE_REDIS_URI",
        "keylapse.redis.uri, 'redis://:a-password-that-must-not-be-shown@host:6379,', KEYLAPSE_REDIS_URI",
        "keylapse.redis.uri, 'redis://:a-password-that-must-not-be-shown@host:6379,host2:6x', KEYLAPSE_REDIS_URI",
        "keylapse.redis.uri, 'redis://:a-password-that-must-not-be-shown@host,host2/1', KEYLAPSE_REDIS_URI",
        "keylapse.redis.uri, 'redis://host/1,redis://host2', KEYLAPSE_REDIS_URI",
        "keylapse.redis.uri, redis-cluster://, KEYLAPSE_REDIS_URI",
        "keylapse.redis.key-prefix, kl{, KEYLAPSE_REDIS_KEY_PREFIX",
        "micronaut.server.port, abc, MICRONAUT_SERVER_PORT",
        "micronaut.server.port, 99999, MICRONAUT_SERVER_PORT",
        "keylapse.keys.max-lifetime, banana, keylapse.keys.max-lifetime",
        "keylapse.keys.max-lifetime, -P1D, keylapse.keys.max-lifetime",
        "keylapse.keys.allow-unlimited, maybe, keylapse.keys.allow-unlimited",
        "keylapse.keys.prefix, bad prefix, keylapse.keys.prefix",
        "keylapse.keys.former-prefixes, bad prefix, keylapse.keys.former-prefixes",
        "keylapse.check.miss-concurrency, 0, keylapse.check.miss-concurrency",
        "keylapse.check.miss-concurrency, abc, keylapse.check.miss-concurrency",
        "keylapse.check.miss-concurrency, 9, KEYLAPSE_POSTGRES_POOL_SIZE",
        "keylapse.check.miss-rate, 0, keylapse.check.miss-rate",
        "keylapse.check.miss-timeout, soon, keylapse.check.miss-timeout",
        "keylapse.check.miss-timeout, PT0S, keylapse.check.miss-timeout",
        "keylapse.expiry.queue-capacity, 0, keylapse.expiry.queue-capacity",
        "keylapse.expiry.sweep, maybe, keylapse.expiry.sweep",
        "keylapse.trusted-proxies, nonsense, keylapse.trusted-proxies",
        "keylapse.max-bad-credentials, 0, keylapse.max-bad-credentials",
        "keylapse.max-bad-credentials, x, keylapse.max-bad-credentials",
        "keylapse.bad-credentials-window, PT0S, keylapse.bad-credentials-window",
        "keylapse.drain-time, -PT1S, keylapse.drain-time",
        "keylapse.gateway.key-header, bad header, keylapse.gateway.key-header",
        "keylapse.gateway.scopes-header, bad:header, keylapse.gateway.scopes-header",
        "keylapse.gateway.key-header, Authorization, keylapse.gateway.key-header",
        "keylapse.gateway.scopes-header, x-api-key, keylapse.gateway.scopes-header",
        "keylapse.gateway.query-parameter, scope, keylapse.gateway.query-parameter",
        "keylapse.gateway.renew-url, nonsense, keylapse.gateway.renew-url",
        "keylapse.gateway.renew-url, javascript:alert(1), keylapse.gateway.renew-url",
        "keylapse.gateway.renew-url, https://renew.example/{key}, keylapse.gateway.renew-url",
        "keylapse.public-url, keys.example.com, keylapse.public-url",
        "keylapse.public-url, https://keys.example.com/?a=b, keylapse.public-url",
        "keylapse.check.miss-concurrency, 2147483647, keylapse.check.miss-concurrency",
        "keylapse.expiry.queue-capacity, 2147483647, keylapse.expiry.queue-capacity",
        "keylapse.admin-key, a-key-that-is-lång-enough-for-all, keylapse.admin-key",
        "keylapse.former-admin-keys, 'a-former-admin-key-for-tests,short', keylapse.former-admin-keys",
        "keylapse.encryption-key-file, /no/such/file, KEYLAPSE_ENCRYPTION_KEY_FILE",
        "keylapse.event-loops, abc, KEYLAPSE_EVENT_LOOPS",
        "keylapse.event-loops, -1, KEYLAPSE_EVENT_LOOPS",
        "keylapse.gateway.port, abc, keylapse.gateway.port",
        "keylapse.gateway.port, 99999, keylapse.gateway.port",
        "keylapse.grpc.port, 99999, keylapse.grpc.port",
        "keylapse.gateway.socket, check.sock, keylapse.gateway.socket",
        "keylapse.gateway.socket, /no/such/directory/check.sock, keylapse.gateway.socket",
        "keylapse.gateway.max-connections, 0, keylapse.gateway.max-connections",
        "keylapse.gateway.socket-mode, 0668, keylapse.gateway.socket-mode",
        "keylapse.gateway.socket-mode, 0555, keylapse.gateway.socket-mode",
        "keylapse.gateway.socket-mode, 04666, keylapse.gateway.socket-mode",
        "keylapse.gateway.scope-parameter, a&b, keylapse.gateway.scope-parameter",
        "keylapse.gateway.realm, 'a\"b', keylapse.gateway.realm",
        "keylapse.gateway.realm, café, keylapse.gateway.realm",
        "keylapse.gateway.instance, both, keylapse.gateway.instance",
        "keylapse.gateway.cache-hint, maybe, keylapse.gateway.cache-hint",
        "keylapse.gateway.tls.certificate, /no/such/file, keylapse.gateway.tls.certificate",
        "keylapse.gateway.tls.client-ca, /no/such/file, keylapse.gateway.tls.client-ca",
        "endpoints.all.port, abc, ENDPOINTS_ALL_PORT",
        "keylapse.mail.from, keys, KEYLAPSE_MAIL_FROM",
        "keylapse.mail.from, 'Keys, Acme <keys@example.com>', KEYLAPSE_MAIL_FROM",
        "keylapse.mail.from, schlüssel@example.com, KEYLAPSE_MAIL_FROM",
        "keylapse.mail.smtp-uri, smtp://127.0.0.1:25, KEYLAPSE_MAIL_FROM",
        "keylapse.mail.smtp-uri, smtp://user:a-password-that-must-not-be-shown@:25, KEYLAPSE_MAIL_SMTP_URI",
        "keylapse.mail.templates, /no/such/folder, KEYLAPSE_MAIL_TEMPLATES",
        "keylapse.service-name, 'Acme\u200BAPI', KEYLAPSE_SERVICE_NAME",
        "keylapse.support-contact, ask Joe, KEYLAPSE_SUPPORT_CONTACT",
        "keylapse.support-contact, //example.com/help, KEYLAPSE_SUPPORT_CONTACT",
        "keylapse.support-contact, ftp://example.com/help, KEYLAPSE_SUPPORT_CONTACT",
        "keylapse.observation-port, abc, KEYLAPSE_OBSERVATION_PORT",
        "keylapse.observation-port, 99999, KEYLAPSE_OBSERVATION_PORT",
        "keylapse.observation-port, -1, KEYLAPSE_OBSERVATION_PORT",
    })
    void a_setting_that_makes_no_sense_stops_the_start_with_a_line_that_names_it(
            String setting, String value, String name) {
        Throwable failure = failureOfStart(setting, value);
        assertThat(failure).as("a start with " + setting + "=" + value).isNotNull();
        await("no connection left behind").atMost(10, SECONDS).until(() -> connectionsOfNodes() == 0);
        String line = StartFailure.describe(failure);
        assertThat(line)
                .contains(name, KnownSettings.variable(setting))
                .doesNotContain(PASSWORD)
                .doesNotContain("Bean definition");
        assertThat(line.lines()).hasSize(1);
    }

    @Test
    void a_pool_that_is_too_small_for_every_kind_of_work_is_refused_however_it_is_set() {
        Throwable failure = failureOfStart("datasources.default.maximum-pool-size", "11");
        assertThat(failure).isNotNull();
        assertThat(StartFailure.describe(failure))
                .contains(
                        "KEYLAPSE_POSTGRES_POOL_SIZE must be at least 12",
                        "datasources.default.maximum-pool-size is 11");
    }

    private static Throwable failureOfStart(String setting, String value) {
        return catchThrowable(() -> startAndStop(Service.prepare(settings(setting, value))));
    }

    private static Map<String, Object> settings(String setting, String value) {
        var settings = new HashMap<>(Stores.shared().settings());
        settings.put("keylapse.admin-key", Node.ADMIN_KEY);
        settings.put("micronaut.server.port", -1);
        settings.put(setting, value);
        return settings;
    }

    private static void startAndStop(ApplicationContext prepared) {
        try {
            Service.start(prepared).stop();
        } catch (RuntimeException e) {
            RefusedStart.takeBack(prepared);
            throw e;
        }
    }

    private static long connectionsOfNodes() {
        return Stores.shared().ask("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'keylapse'");
    }

    @Test
    void without_redis_it_starts_degraded_and_gets_well_when_redis_comes() {
        try (Stores stores = Stores.own()) {
            stores.interruptRedis();
            try (Program program = Program.start(folder, Program.environment(stores))) {
                Client client = Client.of(program.awaitPort(), Node.ADMIN_KEY);
                var ready = client.get("/health/readiness");
                assertThat(ready.status()).isEqualTo(200);
                assertThat(ready.text("status")).isEqualTo("DEGRADED");
                var issued = client.issue("owner", Duration.ofMinutes(1));
                assertThat(issued.text("enforcement")).isEqualTo("pending");
                assertThat(client.check(issued.text("key")).status()).isEqualTo(200);

                stores.resumeRedis();
                await().atMost(20, SECONDS)
                        .until(() -> "UP".equals(client.get("/health/readiness").text("status")));
                assertThat(client.issue("owner", Duration.ofMinutes(1)).text("enforcement"))
                        .isEqualTo("applied");
            }
        }
    }

    @Test
    void there_are_as_many_event_loops_as_the_environment_says() {
        environment.put("KEYLAPSE_EVENT_LOOPS", "1");
        try (Program program = Program.start(folder, environment)) {
            assertThat(Client.of(program.awaitPort(), null).get("/check").status())
                    .isEqualTo(401);
        }
        try (Node node = Node.start(Stores.shared(), Map.of("keylapse.event-loops", 1))) {
            assertThat(node.bean(EventLoopGroup.class)).hasSize(1);
        }
    }

    @Test
    void health_asks_the_instance_on_its_port() {
        try (Program program = Program.start(folder, environment)) {
            environment.put("ENDPOINTS_ALL_PORT", "");
            environment.put("MICRONAUT_SERVER_PORT", " " + program.awaitPort() + "\n");
            Ended well = run("health");
            assertThat(well.exitCode()).as(well.err()).isZero();
            assertThat(well.out()).contains("\"status\":\"UP\"");
        }
        environment.put("MICRONAUT_SERVER_PORT", Integer.toString(freePort()));
        assertThat(theOneLineOf(run("health"))).contains("no response on port");
    }

    @Test
    void help_explains_itself() {
        Ended help = run("--help");
        assertThat(help.exitCode()).isZero();
        assertThat(help.out())
                .contains(
                        "serve",
                        "dev",
                        "migrate",
                        "health",
                        "KEYLAPSE_POSTGRES_URL",
                        "KEYLAPSE_MIGRATION_URL",
                        "KEYLAPSE_REDIS_URI",
                        "KEYLAPSE_ADMIN_KEY");
        Ended serve = run("serve", "--help");
        assertThat(serve.exitCode()).isZero();
        assertThat(serve.out()).contains("Usage: keylapse serve");
    }

    @Test
    void migrate_brings_the_schema_up_to_date_and_needs_nothing_but_postgres() {
        try (var database = new OwnDatabase()) {
            environment.keySet().removeAll(List.of("KEYLAPSE_REDIS_URI", "KEYLAPSE_ADMIN_KEY"));
            environment.putAll(Map.of(
                    "KEYLAPSE_POSTGRES_URL", database.url(),
                    "KEYLAPSE_MIGRATION_USER", database.owner(),
                    "KEYLAPSE_MIGRATION_PASSWORD", PASSWORD));
            assertThat(theOneLineOf(run("migrate")))
                    .contains("password authentication failed", "KEYLAPSE_MIGRATION_URL", "_PASSWORD");

            environment.put("KEYLAPSE_MIGRATION_PASSWORD", OwnDatabase.PASSWORD);
            Ended first = run("migrate");
            assertThat(first.exitCode()).as(first.err()).isZero();
            assertThat(first.out()).contains("migrations run: ", "the schema is up to date");
            assertThat(database.ask("SELECT count(*) FROM api_key")).isZero();

            Ended second = run("migrate");
            assertThat(second.exitCode()).as(second.err()).isZero();
            assertThat(second.out()).contains("the schema is up to date").doesNotContain("migrations run");
        }
    }

    @Test
    void migrate_is_refused_in_one_line_while_a_node_of_the_version_before_runs() {
        try (var database = new OwnDatabase()) {
            environment.keySet().removeAll(List.of("KEYLAPSE_REDIS_URI", "KEYLAPSE_ADMIN_KEY"));
            environment.putAll(Map.of(
                    "KEYLAPSE_POSTGRES_URL", database.url(),
                    "KEYLAPSE_POSTGRES_USER", database.owner(),
                    "KEYLAPSE_POSTGRES_PASSWORD", OwnDatabase.PASSWORD));
            database.migrateTo("5");
            database.run(
                    "INSERT INTO node (id, seen_at) VALUES (gen_random_uuid(), clock_timestamp() + interval '1 h')");
            assertThat(theOneLineOf(run("migrate")))
                    .contains("1 node of an earlier version runs", "stop all nodes", "wait 10 s");
            assertThat(database.ask("SELECT max(version::int) FROM flyway_schema_history"))
                    .isEqualTo(5);
        }
    }

    @Test
    void a_role_that_may_not_run_a_pending_migration_gets_one_line_that_says_how_to_migrate() {
        try (var database = new OwnDatabase()) {
            String role = database.name() + "_app";
            database.run("CREATE ROLE " + role + " LOGIN PASSWORD '" + OwnDatabase.PASSWORD + "'");
            try {
                environment.putAll(Map.of(
                        "KEYLAPSE_POSTGRES_URL",
                        database.url(),
                        "KEYLAPSE_POSTGRES_USER",
                        role,
                        "KEYLAPSE_POSTGRES_PASSWORD",
                        OwnDatabase.PASSWORD));
                Ended refused = run("serve");
                assertThat(theOneLineOf(refused))
                        .contains("the role " + role + " may not", "\"keylapse migrate\"", "KEYLAPSE_MIGRATION_USER");
            } finally {
                database.run("DROP ROLE " + role);
            }
        }
    }

    @Test
    void version_is_that_of_the_build() {
        Ended version = run("--version");
        assertThat(version.exitCode()).isZero();
        assertThat(version.out().strip()).matches("keylapse \\d+\\.\\d+\\.\\d+.*");
    }

    @Test
    void an_unknown_command_is_exit_code_2() {
        Ended unknown = run("sevre");
        assertThat(unknown.exitCode()).isEqualTo(2);
        assertThat(unknown.err()).contains("sevre");
    }

    @Test
    void the_build_without_embedded_servers_says_so_in_one_line() {
        try (Program program = Program.start(Program.serverJar(), folder, Map.of(), "dev")) {
            assertThat(theOneLineOf(program.awaitEnd())).contains("this build has no embedded servers", "keylapse.jar");
        }
        assertThat(folder.resolve("data")).doesNotExist();
    }

    @Test
    void unknown_variables_are_warned_of_and_others_are_not() {
        environment.putAll(Map.of("KEYLAPSE_KEYS_MAX_LIVETIME", "P1D", "KEYLAPSE_TRUSTED_PROXIES_0", "10.0.0.0/8"));
        environment.remove("KEYLAPSE_ADMIN_KEY");
        List<String> warnings = run().out()
                .lines()
                .filter(line -> line.contains("is not a setting"))
                .toList();
        assertThat(warnings).hasSize(1);
        assertThat(warnings.getFirst())
                .contains("WARN", "KEYLAPSE_KEYS_MAX_LIVETIME", "did you mean KEYLAPSE_KEYS_MAX_LIFETIME?");
    }
}
