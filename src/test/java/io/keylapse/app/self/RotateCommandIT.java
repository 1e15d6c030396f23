package io.keylapse.app.self;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.keylapse.app.Keylapse;
import io.keylapse.harness.Client;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.CloseAfterTests;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code keylapse self rotate}, against a service whose answers get lost. */
@NullUnmarked
class RotateCommandIT {
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final CommandLine COMMANDS = new CommandLine(new Keylapse());

    private static Node node;
    private static Client admin;
    private static HttpServer lossy;
    /** How many of the next answers to rotations are lost after the service has given them. */
    private static final AtomicInteger toLose = new AtomicInteger();

    @TempDir
    private Path folder;

    private Path file;

    @BeforeAll
    static void start() throws IOException {
        node = Node.start(Stores.shared(), Map.of("keylapse.self-rotation-policy", "before-expiry"))
                .awaitRedisFollowed();
        admin = node.admin();
        lossy = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        var threads = Executors.newVirtualThreadPerTaskExecutor();
        lossy.setExecutor(threads);
        lossy.createContext("/", RotateCommandIT::forward);
        lossy.start();
        CloseAfterTests.register(() -> {
            lossy.stop(0);
            threads.close();
        });
    }

    @BeforeEach
    void reset() {
        toLose.set(0);
        file = folder.resolve("key");
    }

    @Test
    void key_in_the_file_is_replaced_and_the_file_keeps_its_mode() throws Exception {
        Answer key = issueToFile(Duration.ofDays(10));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));

        assertThat(run()).isZero();

        String successor = Files.readString(file);
        assertThat(successor).endsWith("\n").isNotEqualTo(key.text("key") + "\n");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-r-----");
        assertThat(statusOf(successor.strip())).isEqualTo(200);
        assertThat(statusOf(key.text("key"))).isEqualTo(200);
        assertThat(files()).containsExactly("key");
        Answer old = node.anonymous().get("/v1/self", "X-API-Key", key.text("key"));
        assertThat(old.json().get("rotatable").asBoolean()).isFalse();
    }

    @Test
    void lost_answer_is_asked_for_again() throws Exception {
        Answer key = issueToFile(Duration.ofDays(10));
        toLose.set(1);

        assertThat(run()).isZero();

        assertThat(statusOf(Files.readString(file).strip())).isEqualTo(200);
        assertThat(admin.get("/v1/keys?state=active&owner=" + key.text("owner"))
                        .json()
                        .get("items"))
                .hasSize(2);
    }

    @Test
    void job_that_runs_every_day_has_a_valid_key_all_year_although_answers_get_lost() throws Exception {
        Answer key = issueToFile(Duration.ofDays(10));
        var random = new Random(1);
        boolean wasLost = false;
        int rotations = 0;
        try (var stores = Stores.shared().connect()) {
            for (int day = 0; day < 365; day++) {
                String before = key();
                // The grace is 2 days, so the answer may be lost on every other day.
                wasLost = !wasLost && random.nextInt(3) == 0;
                if (wasLost) {
                    // Nobody gets any answer, as if the job was killed: the next run must not be locked out.
                    send("/v1/self/rotate", before);
                } else {
                    // The command waits a second before it asks again, so this happens a few times a year.
                    toLose.set(random.nextInt(40) == 0 ? 1 : 0);
                    assertThat(run("--if-expires-within", "P7D"))
                            .as("day " + day)
                            .isZero();
                    rotations += key().equals(before) ? 0 : 1;
                }
                passDay(stores, key.text("owner"));
                assertIsAccepted(key(), day);
            }
        }
        assertThat(rotations).isGreaterThan(100);
    }

    @Test
    void key_that_expires_later_is_left_alone() throws Exception {
        Answer key = issueToFile(Duration.ofDays(10));

        assertThat(run("--if-expires-within", "P9D")).isZero();
        assertThat(Files.readString(file).strip()).isEqualTo(key.text("key"));
        assertThat(run("--if-expires-within", "P11D")).isZero();
        assertThat(Files.readString(file).strip()).isNotEqualTo(key.text("key"));
    }

    @Test
    void refusal_and_a_service_out_of_reach_leave_the_file_as_it_is() throws Exception {
        Answer key = issueToFile(Duration.ofDays(10));
        assertThat(execute("--write", file.toString(), "--url", "http://127.0.0.1:1"))
                .isEqualTo(1);
        assertThat(run("--ttl", "P11D")).isEqualTo(3);
        admin.post("/v1/keys/" + key.text("id") + "/revoke", "{}");
        assertThat(run()).isEqualTo(3);
        assertThat(Files.readString(file).strip()).isEqualTo(key.text("key"));

        assertThat(execute("--write", file.toString())).isEqualTo(2);
        assertThat(run("--grace", "soon")).isEqualTo(2);
        assertThat(execute("--write", folder.resolve("none").toString(), "--url", url()))
                .isEqualTo(1);
        Files.writeString(file, "not a key\nat all");
        assertThat(run()).isEqualTo(1);
        assertThat(Files.readString(file)).isEqualTo("not a key\nat all");
        assertThat(files()).containsExactly("key");
    }

    private String key() throws IOException {
        return Files.readString(file).strip();
    }

    private Answer issueToFile(Duration ttl) throws IOException {
        Answer key = admin.issue(Node.owner(), ttl);
        Files.writeString(file, key.text("key") + "\n");
        return key;
    }

    private int run(String... more) {
        var arguments = new ArrayList<>(List.of("--write", file.toString(), "--url", url()));
        arguments.addAll(List.of(more));
        return execute(arguments.toArray(String[]::new));
    }

    private static int execute(String... arguments) {
        var all = new ArrayList<>(List.of("self", "rotate"));
        all.addAll(List.of(arguments));
        return COMMANDS.execute(all.toArray(String[]::new));
    }

    private static String url() {
        return "http://127.0.0.1:" + lossy.getAddress().getPort() + "/";
    }

    private List<String> files() throws IOException {
        try (var all = Files.list(folder)) {
            return all.map(each -> each.getFileName().toString()).toList();
        }
    }

    private static int statusOf(String key) {
        return node.anonymous().check(key).status();
    }

    private static void send(String path, String key) {
        assertThat(node.anonymous()
                        .post(path, "{\"grace\":\"P2D\"}", "Authorization", "Bearer " + key)
                        .status())
                .isIn(201, 429);
    }

    /** Redis does not notice the days that pass in Postgres, so the deadline is that of Postgres. */
    private static void assertIsAccepted(String key, int day) {
        assertThat(statusOf(key)).as("day " + day).isEqualTo(200);
        assertThat(admin.post("/v1/keys/lookup", "{\"key\":\"" + key + "\"}").text("state"))
                .as("day " + day)
                .isEqualTo("active");
    }

    /** As if a day had passed since all that this owner's keys have been through. */
    private static void passDay(Connection stores, String owner) throws SQLException {
        for (String past : List.of(
                "UPDATE api_key SET issued_at = issued_at - interval '1 day', expires_at = expires_at - interval '1 day'"
                        + " WHERE owner = ? AND state = 'active'",
                "UPDATE self_rotation SET rotated_at = rotated_at - interval '1 day'"
                        + " WHERE successor_id IN (SELECT id FROM api_key WHERE owner = ?)")) {
            try (var statement = stores.prepareStatement(past)) {
                statement.setString(1, owner);
                statement.executeUpdate();
            }
        }
    }

    private static void forward(HttpExchange exchange) throws IOException {
        try (exchange) {
            var request = HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + node.port() + exchange.getRequestURI()))
                    .method(
                            exchange.getRequestMethod(),
                            BodyPublishers.ofByteArray(exchange.getRequestBody().readAllBytes()))
                    .header("Authorization", exchange.getRequestHeaders().getFirst("Authorization"))
                    .header("Accept", "application/json");
            if (exchange.getRequestHeaders().containsKey("Content-Type")) {
                request.header("Content-Type", "application/json");
            }
            var answer = HTTP.send(request.build(), BodyHandlers.ofByteArray());
            boolean isRotation = exchange.getRequestURI().getPath().endsWith("/rotate");
            if (isRotation && toLose.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
                return;
            }
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(answer.statusCode(), answer.body().length);
            exchange.getResponseBody().write(answer.body());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
