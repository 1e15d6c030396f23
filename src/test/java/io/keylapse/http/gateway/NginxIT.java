package io.keylapse.http.gateway;

import static io.keylapse.harness.Node.freePort;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.keylapse.harness.CloseAfterTests;
import io.keylapse.harness.Node;
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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** nginx with the lines of the README, in front of a backend. {@code REQUIRE_ALL_TESTS} set makes its absence a failure. */
class NginxIT {
    private static final List<Path> PROGRAMS =
            List.of(Path.of("/usr/sbin/nginx"), Path.of("/usr/bin/nginx"), Path.of("/opt/homebrew/bin/nginx"));
    private static final Pattern SNIPPET = Pattern.compile("```nginx\n(.*?)```", Pattern.DOTALL);

    private final String owner = Node.owner();

    @TempDir
    Path folder;

    private Node node;
    private HttpServer backend;
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
        backend = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        backend.createContext("/", exchange -> {
            var headers = exchange.getRequestHeaders();
            byte[] seen = (headers.getFirst("X-Consumer-ID") + " " + headers.getFirst("X-API-Key") + " "
                            + new String(exchange.getRequestBody().readAllBytes(), UTF_8))
                    .getBytes(UTF_8);
            exchange.sendResponseHeaders(200, seen.length);
            exchange.getResponseBody().write(seen);
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
        Matcher snippet = SNIPPET.matcher(Files.readString(Path.of("README.md")));
        assertThat(snippet.find()).isTrue();
        String temporary = "client_body proxy fastcgi uwsgi scgi"
                .replaceAll("(\\w+)", "$1_temp_path " + Matcher.quoteReplacement(folder.toString()) + "/$1;");
        return Files.writeString(folder.resolve("nginx.conf"), """
                daemon off;
                master_process off;
                pid %1$s/pid;
                error_log %1$s/error.log;
                events {}
                http {
                    access_log off;
                    %2$s
                    upstream backend { server 127.0.0.1:%3$d; }
                    server {
                        listen 127.0.0.1:%4$d;
                        %5$s
                    }
                }
                """.formatted(
                        folder,
                        temporary,
                        backend.getAddress().getPort(),
                        port,
                        snippet.group(1).replace("127.0.0.1:8080", "127.0.0.1:" + node.port())));
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

    private HttpResponse<String> order(String key) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/orders?of=today"))
                .header("X-API-Key", key)
                .header("X-Consumer-ID", "somebody-else")
                .POST(BodyPublishers.ofString("an order"))
                .build();
        try (var client = HttpClient.newHttpClient()) {
            return client.send(request, BodyHandlers.ofString());
        }
    }

    @Test
    void the_lines_of_the_readme_let_valid_keys_through_and_name_their_owner_to_the_backend() throws Exception {
        HttpResponse<String> answer = order(keyWithScopes("\"read\""));
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo(owner + " null an order");
    }

    @Test
    void the_lines_of_the_readme_refuse_text_that_is_no_key_and_keys_without_the_scope() throws Exception {
        HttpResponse<String> refused = order("kl_nothing");
        assertThat(refused.statusCode()).isEqualTo(401);
        assertThat(refused.headers().firstValue("WWW-Authenticate"))
                .hasValueSatisfying(value -> assertThat(value).contains("keylapse"));
        assertThat(order(keyWithScopes("")).statusCode()).isEqualTo(403);
    }
}
