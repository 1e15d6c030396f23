package io.keylapse.http.gateway;

import static io.keylapse.harness.Node.freePort;
import static io.keylapse.http.gateway.Refusals.assertProblem;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.keylapse.harness.Client;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.http.Draining;
import io.keylapse.key.KeyFormat;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A port and a socket for gateways only. */
class GatewayPortIT {
    private static final String ADMIN = "Authorization: Bearer " + Node.ADMIN_KEY;

    @TempDir
    static Path folder;

    private static Path socket;
    private static int port;
    private static Node node;
    private static String key = "";

    @BeforeAll
    static void start() throws IOException {
        port = freePort();
        socket = folder.resolve("check.sock");
        // A killed process leaves its socket file.
        try (var dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            dead.bind(UnixDomainSocketAddress.of(socket));
        }
        node = Node.start(
                Stores.shared(), Map.of("keylapse.gateway.port", port, "keylapse.gateway.socket", socket.toString()));
        key = "X-API-Key: " + node.issue(Duration.ofDays(1)).text("key");
    }

    @Test
    void checks_are_answered_byte_for_byte_as_on_the_main_port() throws IOException {
        String unknown =
                "X-API-Key: " + new KeyFormat("kl", List.of()).generate().reveal();
        for (String request : List.of(
                head("GET", "/check", key),
                head("GET", "/check?scope=write", key),
                head("GET", "/check?scope=a%20\"", key),
                head("GET", "/check"),
                head("HEAD", "/check/a|b"),
                head("DELETE", "/check/v1/keys", unknown),
                head("POST", "/check/x", key, "Content-Length: 5") + "hello",
                "GET /check HTTP/1.0\r\n" + key + "\r\n\r\n",
                // A request that Micronaut refuses.
                head("GET", "/check", "No colon"),
                head("GET", "/" + "x".repeat(20_000)))) {
            String expected = over(node.port(), request);
            assertThat(expected).startsWith("HTTP/1.");
            assertThat(over(port, request)).as(request).isEqualTo(expected);
            assertThat(overSocket(request)).as(request).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/keys",
                "/v1/keys?limit=1",
                "/health",
                "/health/",
                "/health/readiness/",
                "/health/startup",
                "//health/readiness",
                "/prometheus",
                "/",
                "*",
                "//check",
                "//v1/keys",
                "/checks",
                "/./v1/keys",
                "/chec%6B",
                "http://keylapse/v1/keys"
            })
    void nothing_else_is_answered_there_for_any_caller(String target) throws IOException {
        try (var connection = new RawConnection(port)) {
            for (String method : List.of("GET", "POST", "OPTIONS")) {
                assertProblem(connection.request(method, target, ADMIN).answer(), 404, "NOT_FOUND");
            }
            // The connection still works.
            assertThat(connection.request("GET", "/check", key).answer().status())
                    .isEqualTo(200);
        }
        assertThat(overSocket(head("GET", target, ADMIN))).startsWith("HTTP/1.1 404 ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/health/liveness", "/health/readiness", "/health/readiness?from=a-gateway"})
    void status_is_shown_there_without_details(String target) throws IOException {
        try (var connection = new RawConnection(port)) {
            for (int i = 0; i < 3; i++) {
                Answer status = connection.request("GET", target).answer();
                assertThat(status.status()).isEqualTo(200);
                assertThat(status.body()).isIn("{\"status\":\"UP\"}", "{\"status\":\"DEGRADED\"}");
                assertThat(status.header("Content-Type")).isEqualTo("application/json");
                assertThat(status.header("Cache-Control")).isEqualTo("no-store");
            }
            assertThat(connection.request("HEAD", target).answerToHead().status())
                    .isEqualTo(200);
            assertProblem(connection.request("POST", target, ADMIN).answer(), 404, "NOT_FOUND");
            assertThat(connection.request("GET", "/check", key).answer().status())
                    .isEqualTo(200);
        }
        assertThat(overSocket(head("GET", target))).startsWith("HTTP/1.1 200 ").contains("\r\n\r\n{\"status\":\"");
    }

    /** More connections than there are places for probes, in case an answer does not free its place. */
    @Test
    void connection_on_which_a_probe_was_answered_takes_no_place_from_others() throws IOException {
        var open = new ArrayList<RawConnection>();
        try {
            for (int i = 0; i < 70; i++) {
                var connection = new RawConnection(port);
                open.add(connection);
                assertThat(connection
                                .request("GET", "/health/liveness")
                                .answer()
                                .status())
                        .isEqualTo(200);
            }
        } finally {
            for (RawConnection each : open) {
                each.close();
            }
        }
    }

    @Test
    void draining_node_says_there_that_it_is_not_ready() throws IOException {
        int other = freePort();
        try (Node draining =
                Node.start(Stores.shared(), Map.of("keylapse.gateway.port", other, "keylapse.drain-time", "PT0S"))) {
            assertThat(asked(other, "/health/readiness").status()).isEqualTo(200);
            draining.bean(Draining.class).drain();
            assertThat(asked(other, "/health/readiness").status()).isEqualTo(503);
            assertThat(asked(other, "/health/readiness").body()).isEqualTo("{\"status\":\"DOWN\"}");
            assertThat(asked(other, "/health/liveness").status()).isEqualTo(200);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static Answer asked(int port, String target) throws IOException {
        try (var connection = new RawConnection(port)) {
            return connection.request("GET", target).answer();
        }
    }

    @Test
    void body_of_what_is_not_answered_is_no_request() throws IOException {
        try (var connection = new RawConnection(port)) {
            String hidden = head("GET", "/v1/keys", ADMIN);
            connection.request("POST", "/v1/keys", ADMIN, "Content-Length: " + hidden.length());
            connection.send(hidden).request("GET", "/check", key);
            assertProblem(connection.answer(), 404, "NOT_FOUND");
            assertThat(connection.answer().status()).isEqualTo(200);
        }
    }

    @Test
    void connection_cannot_become_one_of_another_protocol() throws IOException {
        try (var connection = new RawConnection(port)) {
            connection.request(
                    "GET",
                    "/v1/keys",
                    ADMIN,
                    "Connection: Upgrade, HTTP2-Settings",
                    "Upgrade: h2c",
                    "HTTP2-Settings: AAMAAABkAAQAAP__");
            assertProblem(connection.answer(), 404, "NOT_FOUND");
        }
    }

    @Test
    void all_is_as_ever_on_the_main_port() {
        assertThat(node.admin().get("/v1/keys?limit=1").status()).isEqualTo(200);
        assertThat(node.anonymous().get("/health/liveness").status()).isEqualTo(200);
        assertThat(Client.of(port, Node.ADMIN_KEY).get("/v1/keys?limit=1").status())
                .isEqualTo(404);
    }

    @Test
    void socket_that_is_in_use_is_refused_naming_the_setting() {
        assertThatThrownBy(() -> Node.start(Stores.shared(), Map.of("keylapse.gateway.socket", socket.toString())))
                .hasStackTraceContaining("keylapse.gateway.socket: cannot listen on " + socket);
        assertThat(overSocket(head("GET", "/check", key))).startsWith("HTTP/1.1 200 ");
    }

    @Test
    void file_in_the_place_of_the_socket_is_kept_and_refused_naming_the_setting() throws IOException {
        Path file = Files.writeString(socket.resolveSibling("precious"), "words");
        assertThatThrownBy(() -> Node.start(Stores.shared(), Map.of("keylapse.gateway.socket", file.toString())))
                .hasStackTraceContaining("keylapse.gateway.socket: cannot listen on " + file);
        assertThat(file).hasContent("words");
    }

    @Test
    void node_that_stops_ends_the_connections_of_gateways_too() throws IOException {
        int other = freePort();
        Node stopping = Node.start(Stores.shared(), Map.of("keylapse.gateway.port", other));
        try (var connection = new RawConnection(other)) {
            assertThat(connection.request("GET", "/check", key).answer().status())
                    .isEqualTo(200);
            stopping.close();
            assertThat(connection.isClosed()).isTrue();
        }
        assertThatThrownBy(() -> new RawConnection(other)).isInstanceOf(IOException.class);
    }

    private static String over(int port, String request) throws IOException {
        try (var connection = new RawConnection(port)) {
            return connection.send(request).rest();
        }
    }

    private static String overSocket(String request) {
        try (SocketChannel connection = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            connection.write(ByteBuffer.wrap(request.getBytes(ISO_8859_1)));
            return new String(Channels.newInputStream(connection).readAllBytes(), ISO_8859_1);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static String head(String method, String target, String... headers) {
        return method + " " + target + " HTTP/1.1\r\nHost: keylapse\r\nConnection: close\r\n"
                + RawConnection.lines(headers) + "\r\n";
    }
}
