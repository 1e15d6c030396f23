package io.keylapse.http.connection;

import static io.keylapse.harness.Node.freePort;
import static io.keylapse.http.gateway.Refusals.assertProblem;
import static io.keylapse.http.gateway.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.http.gateway.RawConnection;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Responses that are sent before the request's body has arrived: the following bytes may be the body or another
 * request.
 */
class EarlyAnswerIT {
    private static final String HIDDEN = RawConnection.head("GET", "/check");
    private static final String ADMIN = "Authorization: Bearer " + Node.ADMIN_KEY;

    private static final int gatewayPort = freePort();
    private static final Node node = Node.start(Stores.shared(), Map.of("keylapse.gateway.port", gatewayPort));
    private static final String key =
            "X-API-Key: " + node.issue(Duration.ofDays(1)).text("key");

    @Test
    void check_whose_body_never_comes_is_answered_and_ends_the_connection() throws IOException {
        for (int port : List.of(node.port(), gatewayPort)) {
            for (String length :
                    List.of("Content-Length: 5", "Content-Length: 99999999999", "Transfer-Encoding: chunked")) {
                try (var connection = new RawConnection(port)) {
                    Answer answer = connection
                            .request("POST", "/check/upload", key, length)
                            .answer();
                    assertThat(answer.status()).isEqualTo(200);
                    assertLast(answer, connection);
                }
            }
        }
    }

    /** nginx's auth_request sends the headers of the original request but no body, on keep-alive connections. */
    @Test
    void request_after_a_check_whose_body_never_came_is_not_taken_for_that_body() throws IOException {
        try (var connection = new RawConnection(gatewayPort)) {
            Answer answer = connection
                    .request("GET", "/check", key, "Content-Length: " + HIDDEN.length())
                    .answer();
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.headers().allValues("Connection")).containsExactly("close");
            // A proxy that honours Connection: close sends the next request on another connection; here it must get no
            // response.
            connection.send(HIDDEN);
            assertThat(connection.isClosed()).isTrue();
        }
    }

    @Test
    void check_that_expects_to_continue_is_answered_and_ends_the_connection() throws IOException {
        try (var connection = new RawConnection(node)) {
            Answer answer = connection
                    .request("POST", "/check", key, "Expect: 100-continue", "Content-Length: 5")
                    .answer();
            assertThat(answer.status()).isEqualTo(200);
            connection.send("hello" + HIDDEN);
            assertLast(answer, connection);
        }
    }

    @Test
    void refused_upload_is_answered_and_ends_the_connection() throws IOException {
        for (String target :
                List.of("/v1/keys", "/v1/keys:batch", "/introspect", "/v1/self/renew", "/nowhere", "//check")) {
            for (String length : List.of("Content-Length: 2097152", "Transfer-Encoding: chunked")) {
                for (String expect : List.of("X-None: 1", "Expect: 100-continue")) {
                    try (var connection = new RawConnection(node)) {
                        Answer answer = connection
                                .request("POST", target, length, expect, "Content-Type: application/json")
                                .answer();
                        assertThat(answer.status()).as(target).isIn(401, 404);
                        assertLast(answer, connection);
                    }
                }
            }
        }
    }

    @Test
    void upload_that_is_refused_in_the_middle_still_gets_its_answer() throws IOException {
        try (var connection = new RawConnection(node)) {
            connection.request("POST", "/v1/keys", "Content-Length: 2097152", "Content-Type: application/json");
            // Less than the server reads before it closes the connection, so that the kernel does not reset it.
            connection.send(" ".repeat(30_000));
            Answer answer = connection.answer();
            assertProblem(answer, 401, "CREDENTIAL_MISSING");
            assertLast(answer, connection);
        }
    }

    @Test
    void malformed_chunk_ends_the_connection_on_every_route() throws IOException {
        for (String target : List.of("/check", "/v1/keys/lookup", "/introspect")) {
            try (var connection = new RawConnection(node)) {
                connection.requestWithBody("POST", target, "zz\r\n" + HIDDEN, ADMIN, "Transfer-Encoding: chunked");
                Answer answer = connection.answer();
                assertProblem(answer, 400, "INVALID_REQUEST");
                assertLast(answer, connection);
            }
        }
    }

    /** A truncated body must not be taken for a complete one. */
    @Test
    void body_whose_last_chunk_is_malformed_is_not_acted_on() throws IOException {
        String id = node.issue(Duration.ofDays(1)).text("id");
        try (var connection = new RawConnection(node)) {
            connection.requestWithBody(
                    "POST",
                    "/v1/keys/" + id + "/revoke",
                    "2\r\n{}\r\nzz\r\n",
                    ADMIN,
                    "Content-Type: application/json",
                    "Transfer-Encoding: chunked");
            assertProblem(connection.answer(), 400, "INVALID_REQUEST");
        }
        assertThat(node.admin().get("/v1/keys/" + id).text("state")).isEqualTo("active");
    }

    @Test
    void connection_is_kept_when_the_body_has_arrived() throws IOException {
        try (var connection = new RawConnection(node)) {
            connection.requestWithBody("POST", "/v1/nowhere", "{}", ADMIN, "Content-Length: 2");
            assertThat(connection.answer().status()).isEqualTo(404);
            connection.requestWithBody("POST", "/check", "hello", "Content-Length: 5");
            assertRefused(connection.answer(), 401, "KEY_MISSING");
            assertThat(connection.request("GET", "/check", key).answer().status())
                    .isEqualTo(200);
        }
    }

    private static void assertLast(Answer answer, RawConnection connection) throws IOException {
        assertThat(answer.headers().allValues("Connection")).containsExactly("close");
        assertThat(connection.isClosed()).isTrue();
    }
}
