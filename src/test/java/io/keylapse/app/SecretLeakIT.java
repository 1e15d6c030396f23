package io.keylapse.app;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.app.Program.Ended;
import io.keylapse.harness.Client;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No secret leaves the process except in the one response that shows it. */
class SecretLeakIT {
    private static final String CALLERS_OWN = "callers-own-path-and-query";

    private static final String FORMER_ADMIN_KEY = "a-former-admin-key-${for}-tests";
    private static final String ENCRYPTION_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

    private static final Stores stores = Stores.own();

    @TempDir
    Path folder;

    private final Map<String, String> secrets = new HashMap<>();

    @Test
    void no_secret_is_in_a_log_a_store_or_a_page() throws Exception {
        String log = live(Map.of("LOGGER_LEVELS_IO_KEYLAPSE", "DEBUG"), SecretLeakIT::putInUrls);
        assertThat(log).doesNotContain(CALLERS_OWN);
        for (String row : postgres()) {
            assertNoSecretIn("Postgres", row);
        }
        for (String entry : redis()) {
            assertNoSecretIn("Redis", entry);
        }
    }

    @Test
    void no_secret_is_in_the_log_even_when_everything_is_traced() throws Exception {
        String log = live(
                Map.of(
                        "LOGGER_LEVELS_ROOT", "TRACE",
                        "LOGGER_LEVELS_IO_KEYLAPSE", "TRACE",
                        "LOGGER_LEVELS_IO_MICRONAUT", "TRACE",
                        "LOGGER_LEVELS_IO_LETTUCE", "TRACE",
                        "LOGGER_LEVELS_COM_ZAXXER_HIKARI", "TRACE",
                        "LOGGER_LEVELS_ORG_FLYWAYDB", "TRACE",
                        "KEYLAPSE_ADMIN_KEY", "",
                        "KEYLAPSE_ADMIN_KEY_FILE", file("admin-key", Node.ADMIN_KEY),
                        "KEYLAPSE_FORMER_ADMIN_KEYS_FILE", file("former-admin-keys", FORMER_ADMIN_KEY),
                        "KEYLAPSE_ENCRYPTION_KEY_FILE", file("encryption-key", ENCRYPTION_KEY)),
                (port, _) -> Client.of(port, FORMER_ADMIN_KEY).get("/v1/me"));
        assertThat(log).as("what is traced").contains("TRACE");
    }

    private String file(String name, String secret) throws IOException {
        return Files.writeString(folder.resolve(name), secret + "\n").toString();
    }

    private String live(Map<String, String> levels, BiConsumer<Integer, String> more) throws Exception {
        Map<String, String> environment = Program.environment(stores);
        environment.putAll(levels);
        try (Program program = Program.start(folder, environment)) {
            int port = program.awaitPort();
            secret("the admin key", Node.ADMIN_KEY);
            secret("a former admin key", FORMER_ADMIN_KEY);
            secret("the encryption key", ENCRYPTION_KEY);
            secret("the password of Postgres", stores.postgresPassword());
            secret(
                    "the password of Redis",
                    URI.create(stores.redisUri()).getUserInfo().substring(1));
            callEverything(port);
            more.accept(port, Objects.requireNonNull(secrets.get("a key")));
            for (String page : List.of("/prometheus", "/health", "/health/readiness", "/health/liveness")) {
                assertNoSecretIn(page, Client.of(port, null).get(page).body());
            }
            program.signal("TERM");
            Ended ended = program.awaitEnd();
            (ended.out() + ended.err()).lines().forEach(line -> assertNoSecretIn("the log", line));
            return ended.out() + ended.err();
        }
    }

    private void secret(String what, String text) {
        secrets.put(what, text);
    }

    private String keyOf(String what, Answer shown) {
        return keyOf(what, Objects.requireNonNull(shown.text("key"), shown.body()));
    }

    private String keyOf(String what, String key) {
        secret(what, key);
        // Without the prefix and the characters of the hint, which are public.
        String random = key.substring(key.lastIndexOf('_') + 1);
        secret("the random part of " + what, random.substring(4, random.length() - 6));
        return key;
    }

    private void assertNoSecretIn(String place, String text) {
        secrets.forEach((what, secret) -> {
            if (text.contains(secret)) {
                throw new AssertionError(what + " is in " + place + ": " + text);
            }
        });
    }

    /** Puts the key into URLs, where it does not belong, and where Micronaut's request tracing would log it. */
    private static void putInUrls(int port, String key) {
        Client admin = Client.of(port, Node.ADMIN_KEY);
        admin.get("/v1/keys/" + key);
        admin.get("/v1/keys?owner=leak&cursor=" + key);
        admin.get("/v1/keys?q=" + key);
        admin.get("/v1/keys?q=" + key.substring(0, key.length() - 1));
        admin.get("/check?key=" + key);
        admin.get("/nowhere/" + key);
        admin.delete("/v1/keys/" + key);
        admin.post("/v1/owners/" + key + "/revoke", "{\"reason\":1}");
    }

    private void callEverything(int port) {
        Client admin = Client.of(port, Node.ADMIN_KEY);
        Client anyone = Client.of(port, null);
        Answer first = admin.issue("leak", Duration.ofHours(1));
        String key = keyOf("a key", first);
        String id = first.text("id");
        anyone.check(key);
        anyone.get("/check/" + CALLERS_OWN + "?q=" + CALLERS_OWN, "Authorization", "Bearer " + key);
        anyone.send("POST", "/check/" + CALLERS_OWN, CALLERS_OWN, "X-API-Key", key);
        anyone.get("/check?scope=" + "absent", "X-API-Key", key);
        anyone.get(
                "/check",
                "X-API-Key",
                key,
                "Authorization",
                "Bearer " + keyOf("a second key", admin.issue("leak", Duration.ofHours(1))));
        anyone.check(key + "x");
        anyone.check(key.substring(0, key.length() - 1) + (key.endsWith("A") ? "B" : "A"));
        anyone.check("not a key");
        admin.post("/v1/keys/lookup", "{\"key\":\"%s\"}".formatted(key));
        admin.post("/v1/keys/lookup", "{\"key\":\"%s\"".formatted(key));
        admin.post("/v1/keys/lookup", "{\"kye\":\"%s\"}".formatted(key));
        admin.post("/v1/keys/lookup", "{\"key\":{\"%s\":1}}".formatted(key));
        admin.post("/v1/keys:revoke", "{\"filter\":{\"q\":\"%s\"},\"dryRun\":true}".formatted(key));
        admin.post("/v1/checks", "{\"keys\":[\"%s\"]}".formatted(key));
        admin.patch("/v1/keys/" + id, "{\"name\":\"renamed\"}");
        admin.post("/v1/keys/" + id + "/renew", "{\"ttl\":\"PT2H\"}");
        admin.post("/v1/keys", "{\"owner\":\"leak\",\"ttl\":\"%s\"}".formatted(key));
        keyOf("a successor", admin.post("/v1/keys/" + id + "/rotate", "{\"grace\":\"PT0S\"}"));
        anyone.check(key);
        String idempotent = "{\"owner\":\"leak\",\"name\":\"again\",\"ttl\":\"PT1H\"}";
        Answer once = admin.post("/v1/keys", idempotent, "Idempotency-Key", "leak-" + id);
        keyOf("an idempotent key", once);
        admin.post("/v1/keys", idempotent, "Idempotency-Key", "leak-" + id);
        admin.post("/v1/keys/" + once.text("id") + "/revoke", "{\"reason\":\"leaked\"}");
        Answer batch = admin.post(
                "/v1/keys:batch",
                "{\"keys\":[{\"owner\":\"leak\",\"ttl\":\"PT1H\"},{\"owner\":\"%s\"},{\"%s\":1}]}".formatted(key, key));
        keyOf("a key of a batch", batch.json().at("/results/0/key").asText());
        admin.send("POST", "/introspect", "token=" + key, "Content-Type", "application/x-www-form-urlencoded");
        admin.send("POST", "/revoke", "token=" + key, "Content-Type", "application/x-www-form-urlencoded");

        Answer management =
                admin.post("/v1/management-keys", "{\"name\":\"robot\",\"role\":\"issuer\",\"ttl\":\"P1D\"}");
        String robot = keyOf("a management key", management);
        Client.of(port, robot).issue("leak", Duration.ofHours(1)).text("key");
        Client.of(port, robot).get("/v1/management-keys");
        Client.of(port, robot + "x").get("/v1/keys");
        anyone.check(robot);
        anyone.check(Node.ADMIN_KEY);
        anyone.get("/v1/keys", "Authorization", "Basic " + robot);
        admin.delete("/v1/management-keys/" + management.text("id"));
        Client.of(port, robot).get("/v1/keys");

        Answer brief = admin.issue("leak", Duration.ofSeconds(1));
        String briefKey = keyOf("a brief key", brief);
        await().atMost(10, SECONDS)
                .until(() -> admin.get("/v1/blacklist?keyId=" + brief.text("id"))
                                .json()
                                .get("items")
                                .size()
                        == 1);
        anyone.check(briefKey);

        stores.interruptPostgres();
        try {
            admin.post("/v1/keys", idempotent);
            anyone.check(briefKey);
            stores.interruptRedis();
            anyone.check(key);
        } finally {
            stores.resumePostgres();
            stores.resumeRedis();
        }
        await().atMost(30, SECONDS)
                .until(() -> "UP".equals(anyone.get("/health/readiness").text("status")));
        keyOf("a late key", admin.issue("leak", Duration.ofHours(1)));
    }

    private static List<String> postgres() throws SQLException {
        var rows = new ArrayList<String>();
        try (var connection = stores.connect();
                var statement = connection.createStatement()) {
            var tables = new ArrayList<String>();
            try (var names = statement.executeQuery("SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
                    + " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')")) {
                while (names.next()) {
                    tables.add(names.getString(1));
                }
            }
            for (String table : tables) {
                try (var content = statement.executeQuery("SELECT t::text FROM " + table + " t")) {
                    while (content.next()) {
                        rows.add(table + " " + content.getString(1));
                    }
                }
            }
        }
        assertThat(rows).as("rows").hasSizeGreaterThan(10);
        return rows;
    }

    private static List<String> redis() {
        List<String> entries = stores.redis(commands -> commands.keys("*").stream()
                .map(name -> new String(name, ISO_8859_1) + " " + new String(commands.get(name), ISO_8859_1))
                .toList());
        assertThat(entries).as("entries").isNotEmpty();
        return entries;
    }
}
