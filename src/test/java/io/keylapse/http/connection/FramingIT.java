package io.keylapse.http.connection;

import static io.keylapse.harness.Node.freePort;
import static io.keylapse.http.gateway.Refusals.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.http.gateway.RawConnection;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A request whose end is ambiguous is refused, on every port and for every path. */
class FramingIT {
    private static final String NEXT = RawConnection.head("GET", "/check");

    private static final int gatewayPort = freePort();
    private static final Node node = Node.start(Stores.shared(), Map.of("keylapse.gateway.port", gatewayPort));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Transfer-Encoding: chunked\r\nContent-Length: 5",
                "Content-Length: 5\r\nTransfer-Encoding: chunked",
                "Content-Length: 0\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: chunked, identity",
                "Transfer-Encoding: identity, chunked",
                "Transfer-Encoding: gzip, chunked",
                "Transfer-Encoding: chunked, chunked",
                "Transfer-Encoding: chunked,",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
                "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding:",
                "Transfer-Encoding:\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding:",
                "Transfer-Encoding: xchunked",
                "Transfer-Encoding: xchunked\r\nContent-Length: 5",
                "Transfer-Encoding: gzip\r\nContent-Length: 5",
                "Transfer-Encoding: \"chunked\"\r\nContent-Length: 5",
                "Transfer-Encoding: chunked;q=1\r\nContent-Length: 5",
                "Transfer-Encoding: \u000bchunked",
                "Transfer-Encoding : chunked",
                "Content-Length: 5\r\nContent-Length: 6",
                "Content-Length: 5, 6",
                "Content-Length: +5",
                "Content-Length: -5",
                "Content-Length: 0x5",
            })
    void length_that_can_be_read_in_two_ways_is_refused_and_ends_the_connection(String headers) throws IOException {
        for (int port : List.of(node.port(), gatewayPort)) {
            for (String target : List.of("/check", "/check/x", "/v1/me", "//check", "/health/liveness", "/nowhere")) {
                assertRefused(port, "POST " + target + " HTTP/1.1\r\nHost: k\r\n" + headers + "\r\n\r\n", 400);
            }
        }
    }

    @Test
    void transfer_encoding_in_http_1_0_is_refused() throws IOException {
        for (int port : List.of(node.port(), gatewayPort)) {
            for (String target : List.of("/check", "/v1/me")) {
                assertRefused(
                        port,
                        "POST " + target
                                + " HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                        400);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"HTTP/0.9", "HTTP/1.2", "HTTP/1.9", "HTTP/2.0", "HTTP/3.0", "HTTP/9.9"})
    void other_versions_of_http_are_refused(String version) throws IOException {
        for (int port : List.of(node.port(), gatewayPort)) {
            for (String target : List.of("/check", "/v1/me", "*")) {
                assertRefused(port, "GET " + target + " " + version + "\r\nHost: k\r\n\r\n", 505);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"ICAP/1.0", "HTTP/1", "HTTP/1.1.1", "HTTP/11.0", "HTTP/a.b", "FTP/1.1"})
    void what_is_no_version_of_http_is_malformed(String version) throws IOException {
        assertRefused(node.port(), "GET /check " + version + "\r\nHost: k\r\n\r\n", 400);
    }

    @Test
    void one_chunked_in_any_case_is_accepted_and_the_connection_kept() throws IOException {
        try (var connection = new RawConnection(node)) {
            for (String coding : List.of("chunked", "Chunked", "CHUNKED")) {
                connection.requestWithBody("POST", "/check", "1\r\nx\r\n0\r\n\r\n", "Transfer-Encoding: " + coding);
                assertThat(connection.answer().status()).isEqualTo(401);
            }
        }
    }

    @Test
    void headers_and_targets_that_are_too_long_have_codes_of_their_own_on_every_port() throws IOException {
        for (int port : List.of(node.port(), gatewayPort)) {
            for (String target : List.of("/check", "/v1/me", "/nowhere")) {
                try (var connection = new RawConnection(port)) {
                    connection.request("GET", target, "Cookie: " + "c".repeat(40_000));
                    assertProblem(connection.answer(), 431, "HEADERS_TOO_LARGE");
                    assertThat(connection.isClosed()).isTrue();
                }
                try (var connection = new RawConnection(port)) {
                    connection.request("GET", target + "?" + "q".repeat(20_000));
                    assertProblem(connection.answer(), 414, "TARGET_TOO_LONG");
                    assertThat(connection.isClosed()).isTrue();
                }
            }
        }
    }

    @Test
    void refused_requests_are_counted_by_reason() throws IOException {
        double before = refused("unsupported_version");
        assertRefused(node.port(), "GET /check HTTP/4.2\r\nHost: k\r\n\r\n", 505);
        assertThat(refused("unsupported_version")).isEqualTo(before + 1);
    }

    private static double refused(String reason) {
        return node.bean(MeterRegistry.class)
                .get("keylapse.http.requests.refused")
                .tag("reason", reason)
                .counter()
                .count();
    }

    /** The bytes after it, which look like a request, get no response. */
    private static void assertRefused(int port, String request, int status) throws IOException {
        try (var connection = new RawConnection(port)) {
            Answer answer = connection.send(request + NEXT).answer();
            assertProblem(answer, status, status == 505 ? "HTTP_VERSION_NOT_SUPPORTED" : "INVALID_REQUEST");
            assertThat(answer.headers().allValues("Connection")).containsExactly("close");
            assertThat(connection.isClosed()).isTrue();
        }
    }
}
