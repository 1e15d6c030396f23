package io.keylapse.app;

import static io.keylapse.harness.Node.freePort;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.keylapse.app.Program.Ended;
import io.keylapse.app.embedded.ListeningSockets;
import io.keylapse.harness.Client;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.EnvoyClient;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged program, from a user's point of view. */
class EndToEndIT {
    private static final int INTERRUPTED = 130;
    private static final int TERMINATED = 143;

    @TempDir
    static Path shared;

    private static Path sharedData;
    private static Program dev;
    private static int port;

    @TempDir
    Path folder;

    @BeforeAll
    static void start() {
        sharedData = shared.resolve("the user's data");
        dev = startDev(shared, sharedData);
        port = dev.awaitPort();
    }

    private static Program startDev(Path folder, Path data) {
        return startDev(folder, data, Map.of());
    }

    private static Program startDev(Path folder, Path data, Map<String, String> more) {
        var environment = new HashMap<>(more);
        environment.put("KEYLAPSE_DATA_DIR", data.toString());
        environment.put("MICRONAUT_SERVER_PORT", "-1");
        return Program.start(folder, environment, "dev");
    }

    /** A data directory with the server programs already unpacked. */
    private Path ownData() throws IOException {
        Path data = Files.createDirectory(folder.resolve("data"));
        Files.createSymbolicLink(data.resolve("programs"), sharedData.resolve("programs"));
        return data;
    }

    private static Client admin(int port, Path data) {
        try {
            return Client.of(port, Files.readString(data.resolve("admin-key")).strip());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Answer check(int port, String key) {
        return Client.of(port, null).check(key);
    }

    @Test
    void a_key_lives_its_whole_life() {
        Client admin = admin(port, sharedData);
        Answer issued = admin.issue("life", Duration.ofSeconds(3));
        String id = issued.text("id");
        String key = issued.text("key");
        assertThat(check(port, key).status()).isEqualTo(200);
        assertThat(check(port, key).header("X-Consumer-ID")).isEqualTo("life");

        Answer renewed = admin.post("/v1/keys/" + id + "/renew", "{\"ttl\":\"PT4S\"}");
        assertThat(renewed.status()).isEqualTo(200);
        assertThat(renewed.text("expiresAt")).isGreaterThan(issued.text("expiresAt"));

        Answer rotated = admin.post("/v1/keys/" + id + "/rotate", "{\"grace\":\"PT1H\",\"ttl\":\"PT1H\"}");
        assertThat(rotated.status()).isEqualTo(201);
        assertThat(check(port, rotated.text("key")).status()).isEqualTo(200);
        assertThat(check(port, key).status()).as("in its grace").isEqualTo(200);

        await().atMost(10, SECONDS).until(() -> check(port, key).status() == 401);
        Answer refused = check(port, key);
        assertThat(refused.text("code")).isEqualTo("KEY_EXPIRED");
        assertThat(refused.text("detail")).contains("expired", "renew");
        await().atMost(5, SECONDS).untilAsserted(() -> {
            var entries = admin.get("/v1/blacklist?keyId=" + id).json().get("items");
            assertThat(entries).hasSize(1);
            assertThat(entries.get(0).get("reason").asText()).isEqualTo("expired");
        });

        String untouched = admin.issue("life", Duration.ofSeconds(2)).text("id");
        await().atMost(15, SECONDS)
                .untilAsserted(() -> assertThat(admin.get("/v1/blacklist?keyId=" + untouched)
                                .json()
                                .at("/items/0/source")
                                .asText())
                        .isEqualTo("notification"));

        Answer revoked =
                admin.post("/v1/keys/" + rotated.text("id") + "/revoke", "{\"reason\":\"found in a repository\"}");
        assertThat(revoked.status()).isEqualTo(200);
        assertThat(check(port, rotated.text("key")).text("code")).isEqualTo("KEY_REVOKED");
    }

    @Test
    void dev_listens_on_loopback_with_every_port() throws IOException {
        String gateway = Integer.toString(freePort());
        String observation = Integer.toString(freePort());
        int grpc = freePort();
        try (Program own = startDev(
                folder,
                ownData(),
                Map.of(
                        "KEYLAPSE_GATEWAY_PORT",
                        gateway,
                        "KEYLAPSE_OBSERVATION_PORT",
                        observation,
                        "KEYLAPSE_GRPC_PORT",
                        Integer.toString(grpc)))) {
            for (int each :
                    new int[] {own.awaitPort(), Integer.parseInt(gateway), Integer.parseInt(observation), grpc}) {
                assertThat(ListeningSockets.of(each))
                        .as("addresses on which port %d is open", each)
                        .isNotEmpty()
                        .allMatch(InetAddress::isLoopbackAddress);
            }
            // The jar has only some of the classes of Envoy's API.
            assertThat(new EnvoyClient(grpc).check(Map.of(), "a").status()).isEqualTo(401);
        }
    }

    @Test
    void dev_listens_where_micronaut_server_host_says() throws IOException {
        try (Program own = startDev(folder, ownData(), Map.of("MICRONAUT_SERVER_HOST", "127.0.0.2"))) {
            assertThat(ListeningSockets.of(own.awaitPort())).containsExactly(InetAddress.ofLiteral("127.0.0.2"));
        }
    }

    @Test
    void the_curl_that_it_prints_works_when_pasted() throws Exception {
        await().atMost(10, SECONDS).until(() -> dev.out().contains("Ctrl-C"));
        String curl = dev.out()
                .lines()
                .filter(line -> line.startsWith("curl "))
                .findFirst()
                .orElseThrow();
        Process pasted =
                new ProcessBuilder("bash", "-c", curl).redirectErrorStream(true).start();
        String answer = new String(pasted.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(pasted.waitFor()).as(answer).isZero();
        String key = new ObjectMapper().readTree(answer).path("key").asText();
        assertThat(check(port, key).status()).as(answer).isEqualTo(200);
    }

    @Test
    void the_banner_names_the_console_and_the_page_of_the_api() {
        await().atMost(10, SECONDS).until(() -> dev.out().contains("Ctrl-C"));
        String url = "http://localhost:" + port;
        assertThat(dev.out().lines().map(String::strip))
                .contains("console: " + url + "/console", "API reference: " + url + "/api-docs");
        Client browser = Client.of(port, null);
        assertThat(browser.get("/console").status()).isEqualTo(200);
        assertThat(browser.get("/api-docs").status()).isEqualTo(200);
    }

    @Test
    void the_management_key_is_in_a_file_of_its_user_alone_and_shown_to_no_log() throws IOException {
        await().atMost(10, SECONDS).until(() -> dev.out().contains("Ctrl-C"));
        Path file = sharedData.resolve("admin-key");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(dev.out() + dev.err())
                .contains("http://localhost:" + port, file.toRealPath().toString())
                .doesNotContain(Files.readString(file).strip());
    }

    @Test
    void a_second_dev_on_the_same_data_is_refused_in_one_line() {
        try (Program second = startDev(shared, sharedData)) {
            Ended refused = second.awaitEnd();
            assertThat(refused.exitCode()).isEqualTo(1);
            assertThat(refused.err().lines()).hasSize(1);
            assertThat(refused.err()).contains("in use by another Keylapse", "KEYLAPSE_DATA_DIR");
        }
    }

    @Test
    void dev_takes_its_management_key_from_a_file_and_no_secret_of_other_stores() throws Exception {
        Path data = ownData();
        Path file = Files.writeString(folder.resolve("the key"), Node.ADMIN_KEY + "\n");
        Map<String, String> environment = Map.of(
                "KEYLAPSE_DATA_DIR", " " + data + "\n",
                "KEYLAPSE_ADMIN_KEY", " ",
                "KEYLAPSE_ADMIN_KEY_FILE", file.toString(),
                "KEYLAPSE_POSTGRES_PASSWORD_FILE", "/no/such/file",
                "MICRONAUT_SERVER_PORT", " -1\n");
        try (Program program = Program.start(folder, environment, "dev")) {
            Client admin = Client.of(program.awaitPort(), Node.ADMIN_KEY);
            assertThat(admin.get("/v1/me").status()).isEqualTo(200);
            await().atMost(10, SECONDS).until(() -> program.out().contains("Ctrl-C"));
            assertThat(program.out())
                    .contains("Bearer $(cat \"$KEYLAPSE_ADMIN_KEY_FILE\")")
                    .doesNotContain(Node.ADMIN_KEY);
        }
        assertThat(data.resolve("admin-key")).doesNotExist();
    }

    @Test
    void control_c_stops_it_with_its_servers_and_the_data_is_there_at_the_next_start() throws Exception {
        Path data = ownData();
        String key;
        List<ProcessHandle> servers;
        try (Program first = startDev(folder, data)) {
            key = issue(first.awaitPort(), data);
            servers = first.children();
            assertThat(servers).isNotEmpty();
            first.signal("INT");
            Ended ended = first.awaitEnd();
            assertThat(ended.exitCode()).as(ended.out()).isEqualTo(INTERRUPTED);
            assertThat(ended.out()).endsWith("stopped\n").doesNotContain("ERROR", "Exception");
        }
        assertThat(servers).noneMatch(ProcessHandle::isAlive);
        try (Program second = startDev(folder, data)) {
            assertThat(check(second.awaitPort(), key).status()).isEqualTo(200);
        }
    }

    @Test
    void after_a_kill_minus_nine_the_next_start_has_all_data() throws Exception {
        Path data = ownData();
        String key;
        try (Program first = startDev(folder, data)) {
            key = issue(first.awaitPort(), data);
            first.killMinusNine();
        }
        try (Program second = startDev(folder, data)) {
            int port = second.awaitPort();
            assertThat(check(port, key).status()).isEqualTo(200);
            assertThat(admin(port, data).get("/v1/keys?owner=kept").json().get("items"))
                    .hasSize(1);
            second.signal("INT");
            second.awaitEnd();
        }
    }

    private static String issue(int port, Path data) {
        return Objects.requireNonNull(
                admin(port, data).issue("kept", Duration.ofHours(1)).text("key"));
    }

    @Test
    void a_stop_under_load_answers_everything_that_it_accepted() throws Exception {
        Map<String, String> environment = Program.environment(Stores.shared());
        environment.put("KEYLAPSE_DRAIN_TIME", "PT1S");
        var answered = new AtomicInteger();
        var stopping = new AtomicBoolean();
        Queue<String> wrong = new ConcurrentLinkedQueue<>();
        try (Program program = Program.start(folder, environment);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            int port = program.awaitPort();
            String key = Objects.requireNonNull(Client.of(port, Node.ADMIN_KEY)
                    .issue("load", Duration.ofHours(1))
                    .text("key"));
            for (int i = 0; i < 4; i++) {
                var _ = threads.submit(() -> {
                    try {
                        while (true) {
                            Answer answer = check(port, key);
                            answered.incrementAndGet();
                            if (answer.status() != 200) {
                                wrong.add(answer.status() + " " + answer.body());
                            }
                        }
                    } catch (UncheckedIOException e) {
                        if (!stopping.get()) {
                            wrong.add(e.toString());
                        }
                    }
                });
            }
            await().atMost(20, SECONDS).until(() -> answered.get() > 100);
            stopping.set(true);
            program.signal("TERM");
            Ended ended = program.awaitEnd();
            assertThat(ended.exitCode()).as(ended.out()).isEqualTo(TERMINATED);
            assertThat(ended.out()).endsWith("stopped\n").doesNotContain("ERROR", "Exception");
            assertThat(ended.err()).isEmpty();
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void while_draining_it_is_not_ready_and_still_answers() throws Exception {
        Map<String, String> environment = Program.environment(Stores.shared());
        environment.put("KEYLAPSE_DRAIN_TIME", "PT30S");
        try (Program program = Program.start(folder, environment)) {
            int port = program.awaitPort();
            Client client = Client.of(port, Node.ADMIN_KEY);
            assertThat(client.get("/health/readiness").status()).isEqualTo(200);
            program.signal("TERM");
            await().atMost(10, SECONDS)
                    .until(() -> client.get("/health/readiness").status() == 503);
            assertThat(client.get("/health/readiness").body()).contains("\"status\":\"DOWN\"", "stopping");
            assertThat(client.get("/health/liveness").status()).isEqualTo(200);
            String key = Objects.requireNonNull(
                    client.issue("late", Duration.ofHours(1)).text("key"));
            assertThat(check(port, key).status()).isEqualTo(200);
        }
    }
}
