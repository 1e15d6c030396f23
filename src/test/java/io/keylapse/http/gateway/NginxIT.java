package io.keylapse.http.gateway;

import static io.keylapse.harness.Node.freePort;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.keylapse.harness.CloseAfterTests;
import io.keylapse.harness.Node;
import io.keylapse.harness.TcpProxy;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * nginx with {@code deploy/gateways/nginx}, in front of a backend. {@code REQUIRE_ALL_TESTS} set makes its absence a failure.
 */
class NginxIT {
    private static final List<Path> PROGRAMS =
            List.of(Path.of("/usr/sbin/nginx"), Path.of("/usr/bin/nginx"), Path.of("/opt/homebrew/bin/nginx"));

    private final String owner = Node.owner();

    @TempDir
    Path folder;

    private Node node;
    /** In front of the node. */
    private TcpProxy keylapse;

    private HttpServer backend;
    private final List<Map<String, List<String>>> received = new CopyOnWriteArrayList<>();
    private Process nginx;
    private int port;

    @BeforeEach
    void start() throws IOException {
        if (System.getenv("REQUIRE_ALL_TESTS") == null) {
            assumeThat(PROGRAMS.stream().anyMatch(Files::isExecutable))
                    .as("nginx")
                    .isTrue();
        }
        node = Node.shared();
        keylapse = new TcpProxy(node.port());
        backend = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        backend.createContext("/", exchange -> {
            received.add(Map.copyOf(exchange.getRequestHeaders()));
            byte[] body = exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        CloseAfterTests.register(() -> backend.stop(0));
        backend.start();
        port = freePort();
        nginx = new ProcessBuilder(
                        PROGRAMS.stream()
                                .filter(Files::isExecutable)
                                .findFirst()
                                .orElseThrow()
                                .toString(),
                        "-c",
                        configuration().toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("nginx.log").toFile())
                .start();
        CloseAfterTests.register(() -> {
            nginx.destroy();
            assertThat(nginx.waitFor(10, SECONDS)).isTrue();
        });
        await().atMost(10, SECONDS).until(() -> !nginx.isAlive() || accepts());
    }

    private Path configuration() throws IOException {
        String temporary = "client_body proxy fastcgi uwsgi scgi"
                .replaceAll("(\\w+)", "$1_temp_path " + Matcher.quoteReplacement(folder.toString()) + "/$1;");
        String ours = Files.readString(Path.of("deploy/gateways/nginx/keylapse.conf"))
                .replace("127.0.0.1:8080", "127.0.0.1:" + keylapse.port())
                .replace("127.0.0.1:9000", "127.0.0.1:" + backend.getAddress().getPort())
                .replace("listen 8000;", "listen 127.0.0.1:" + port + ";");
        return Files.writeString(folder.resolve("nginx.conf"), """
                daemon off;
                master_process off;
                pid %1$s/pid;
                error_log %1$s/error.log;
                events {}
                http {
                    access_log off;
                    %2$s
                    %3$s
                }
                """.formatted(folder, temporary, ours));
    }

    private boolean accepts() {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    private String keyWithScopes(String scopes) {
        return node.admin()
                .post(
                        "/v1/keys",
                        "{\"owner\":\"" + owner + "\",\"name\":\"n\",\"ttl\":\"P1D\",\"scopes\":[" + scopes + "]}")
                .text("key");
    }

    private HttpResponse<String> order(String path, String... headers) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .headers(headers)
                .POST(BodyPublishers.ofString("an order"))
                .build();
        try (var client = HttpClient.newHttpClient()) {
            return client.send(request, BodyHandlers.ofString());
        }
    }

    /** The only value of a header that the backend received with the last request; null if it received none. */
    private @Nullable String atBackend(String name) {
        List<String> values = received.getLast().get(name);
        if (values == null) {
            return null;
        }
        assertThat(values).hasSize(1);
        return values.getFirst();
    }

    @Test
    void a_valid_key_passes_and_the_backend_receives_its_identity_and_not_the_key() throws Exception {
        String key = keyWithScopes("\"read\"");
        for (String header : List.of("X-API-Key", "Authorization")) {
            String value = header.equals("Authorization") ? "Bearer " + key : key;
            HttpResponse<String> answer = order(
                    "/orders?of=today",
                    header,
                    value,
                    "X-Consumer-ID",
                    "somebody-else",
                    "X_Consumer_ID",
                    "somebody-else");
            assertThat(answer.statusCode()).as(header).isEqualTo(200);
            assertThat(answer.body()).isEqualTo("an order");
            assertThat(atBackend("X-consumer-id")).isEqualTo(owner);
            assertThat(atBackend("X-key-scopes")).isEqualTo("read");
            assertThat(atBackend("X-credential-identifier")).startsWith("key_");
            assertThat(atBackend("X-key-expires-at")).endsWith("Z");
            assertThat(received.getLast().toString()).doesNotContain(key, "somebody-else");
        }
    }

    @Test
    void the_token_of_another_application_reaches_the_backend() throws Exception {
        order("/", "X-API-Key", keyWithScopes("\"read\""), "Authorization", "Bearer of-another-application");
        assertThat(atBackend("Authorization")).isEqualTo("Bearer of-another-application");
    }

    @Test
    void a_refusal_reaches_the_caller_whole_and_the_backend_receives_nothing() throws Exception {
        HttpResponse<String> refused = order("/", "X-API-Key", "kl_nothing");
        assertThat(refused.statusCode()).isEqualTo(401);
        assertThat(refused.headers().firstValue("X-Key-Code")).hasValue("KEY_MALFORMED");
        assertThat(refused.headers().firstValue("WWW-Authenticate"))
                .hasValueSatisfying(value -> assertThat(value).contains("keylapse"));
        assertThat(refused.body()).contains("\"code\":\"KEY_MALFORMED\"", "\"detail\"");
        assertThat(received).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/write", "//write", "/%77rite", "/write/x"})
    void a_route_demands_its_scopes_in_every_spelling(String path) throws Exception {
        HttpResponse<String> refused = order(path, "X-API-Key", keyWithScopes("\"read\""));
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.headers().firstValue("X-Key-Code")).hasValue("SCOPE_MISSING");
        assertThat(received).isEmpty();
        // The backend answers 404 to //write.
        assertThat(order(path, "X-API-Key", keyWithScopes("\"write\"")).statusCode())
                .isIn(200, 404);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/./write", "/x/../write", "/x%2F..%2Fwrite"})
    void an_ambiguous_path_is_refused(String path) throws Exception {
        assertThat(order(path, "X-API-Key", keyWithScopes("\"write\"")).statusCode())
                .isEqualTo(400);
        assertThat(received).isEmpty();
    }

    @Test
    void without_an_answer_from_keylapse_nothing_passes_and_the_caller_is_told_to_retry() throws Exception {
        String key = keyWithScopes("\"read\"");
        assertThat(order("/", "X-API-Key", key).statusCode()).isEqualTo(200);
        received.clear();
        for (Runnable fault : List.<Runnable>of(keylapse::refuse, keylapse::swallow)) {
            fault.run();
            HttpResponse<String> answer = order("/", "X-API-Key", key);
            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(answer.headers().firstValue("Retry-After"))
                    .hasValueSatisfying(value -> assertThat(value).matches("[1-9][0-9]*"));
            assertThat(answer.headers().firstValue("X-Key-Code")).hasValue("STORE_UNAVAILABLE");
            assertThat(answer.body()).contains("\"code\":\"STORE_UNAVAILABLE\"");
            keylapse.heal();
        }
        assertThat(received).isEmpty();
        await().atMost(10, SECONDS).until(() -> order("/", "X-API-Key", key).statusCode() == 200);
    }
}
