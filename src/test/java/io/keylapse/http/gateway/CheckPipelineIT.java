package io.keylapse.http.gateway;

import static io.keylapse.http.gateway.Refusals.assertInvalidToken;
import static io.keylapse.http.gateway.Refusals.assertProblem;
import static io.keylapse.http.gateway.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.key.KeyFormat;
import java.io.IOException;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Checks that share a connection with other checks and with management calls. */
class CheckPipelineIT {
    private static final Node node = Node.shared();
    private static final String key =
            "X-API-Key: " + node.issue(Duration.ofDays(1)).text("key");

    /** The calls and their responses: some verdicts are immediate, some need Redis or also Postgres. */
    enum Call {
        GOOD,
        MISSING,
        MALFORMED,
        UNKNOWN,
        GOOD_WITH_BODY,
        MISSING_WITH_CHUNKS,
        MANAGEMENT,
        MANAGEMENT_WITH_BODY,
        LIVENESS,
        NOWHERE;

        String bytes() {
            return switch (this) {
                case GOOD -> RawConnection.head("GET", "/check", key);
                case MISSING -> RawConnection.head("GET", "/check/x|y");
                case MALFORMED -> RawConnection.head("DELETE", "/check?x", "X-API-Key: junk");
                case UNKNOWN ->
                    RawConnection.head(
                            "GET",
                            "/check",
                            "Authorization: Bearer "
                                    + new KeyFormat("kl", List.of()).generate().reveal());
                case GOOD_WITH_BODY -> RawConnection.head("POST", "/check", key, "Content-Length: 5") + "GET /";
                case MISSING_WITH_CHUNKS ->
                    RawConnection.head("PUT", "/check/z", "Transfer-Encoding: chunked")
                            + "3\r\nGET\r\n1;x\r\n \r\n0\r\nT: x\r\n\r\n";
                case MANAGEMENT ->
                    RawConnection.head("GET", "/v1/keys?limit=1", "Authorization: Bearer " + Node.ADMIN_KEY);
                case MANAGEMENT_WITH_BODY ->
                    RawConnection.head(
                                    "POST",
                                    "/v1/keys/lookup",
                                    "Authorization: Bearer " + Node.ADMIN_KEY,
                                    "Content-Type: application/json",
                                    "Content-Length: 2")
                            + "{}";
                case LIVENESS -> RawConnection.head("GET", "/health/liveness");
                case NOWHERE -> RawConnection.head("GET", "/checks");
            };
        }

        boolean isCheckWithBody() {
            return this == GOOD_WITH_BODY || this == MISSING_WITH_CHUNKS;
        }

        void assertAnsweredBy(Answer answer) {
            switch (this) {
                case GOOD, GOOD_WITH_BODY ->
                    assertThat(answer.header("X-Consumer-ID")).isNotNull();
                case MISSING, MISSING_WITH_CHUNKS -> assertRefused(answer, 401, "KEY_MISSING");
                case MALFORMED -> assertInvalidToken(answer, "KEY_MALFORMED");
                case UNKNOWN -> assertInvalidToken(answer, "KEY_UNKNOWN");
                case MANAGEMENT -> assertThat(answer.json().has("items")).isTrue();
                case MANAGEMENT_WITH_BODY -> assertProblem(answer, 400, "INVALID_REQUEST");
                case LIVENESS -> assertThat(answer.text("status")).isEqualTo("UP");
                case NOWHERE -> assertThat(answer.status()).isEqualTo(404);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void responses_come_in_the_order_of_the_requests_on_every_route(long seed) throws IOException {
        var random = new Random(seed);
        List<Call> calls = random.ints(60, 0, Call.values().length)
                .mapToObj(i -> Call.values()[i])
                .toList();
        var all = new StringBuilder();
        var bodies = new BitSet();
        for (Call call : calls) {
            all.append(call.bytes());
            if (call.isCheckWithBody()) {
                bodies.set(all.length() - call.bytes().length() + call.bytes().indexOf("\r\n\r\n"), all.length());
            }
        }
        try (var connection = new RawConnection(node)) {
            for (int sent = 0; sent < all.length(); ) {
                // Sends pieces of random size, which cut requests anywhere; but complete bodies, for which a check does
                // not wait.
                int end = bodies.nextClearBit(Math.min(all.length(), sent + 1 + random.nextInt(600)));
                connection.send(all.substring(sent, end));
                sent = end;
            }
            for (Call call : calls) {
                call.assertAnsweredBy(connection.answer());
            }
        }
    }

    @Test
    void client_that_reads_late_gets_every_answer() throws IOException {
        int checks = 20_000;
        try (var connection = new RawConnection(node)) {
            Thread sender = Thread.startVirtualThread(() -> {
                try {
                    for (int i = 0; i < checks; i += 100) {
                        connection.send(Call.MISSING.bytes().repeat(100));
                    }
                    connection.send(Call.GOOD.bytes());
                } catch (IOException _) {
                    // The missing responses make the assertion fail.
                }
            });
            for (int i = 0; i < checks; i++) {
                assertThat(connection.answer().status()).isEqualTo(401);
            }
            assertThat(connection.answer().status()).isEqualTo(200);
            assertThat(sender).isNotNull();
        }
    }

    @Test
    void connection_ends_after_the_answer_when_the_caller_says_so() throws IOException {
        for (Call call : List.of(Call.MISSING, Call.UNKNOWN)) {
            try (var connection = new RawConnection(node)) {
                connection.send(call.bytes().replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n") + Call.GOOD.bytes());
                Answer answer = connection.answer();
                call.assertAnsweredBy(answer);
                assertThat(answer.headers().allValues("Connection")).containsExactly("close");
                assertThat(connection.isClosed()).isTrue();
            }
        }
    }

    @Test
    void http_1_0_is_answered_and_kept_only_if_asked_for() throws IOException {
        String head = "GET /check HTTP/1.0\r\n" + key + "\r\n";
        try (var connection = new RawConnection(node)) {
            connection.send(head + "Connection: keep-alive\r\n\r\n");
            Answer kept = connection.answer();
            assertThat(kept.status()).isEqualTo(200);
            assertThat(kept.headers().allValues("Connection")).containsExactly("keep-alive");

            connection.send(head + "\r\n");
            assertThat(connection.answer().status()).isEqualTo(200);
            assertThat(connection.isClosed()).isTrue();
        }
    }

    @Test
    void body_that_breaks_off_its_chunks_ends_the_connection() throws IOException {
        try (var connection = new RawConnection(node)) {
            connection.request("POST", "/check", key, "Transfer-Encoding: chunked");
            assertThat(connection.answer().status()).isEqualTo(200);
            connection.send("zz\r\n" + Call.GOOD.bytes());
            assertThat(connection.isClosed()).isTrue();
        }
    }

    @Test
    void verdict_follows_a_management_call_whose_body_is_still_to_come() throws IOException {
        try (var connection = new RawConnection(node)) {
            String slow = Call.MANAGEMENT_WITH_BODY.bytes();
            connection.send(slow.substring(0, slow.length() - 1)).send("}" + Call.MISSING.bytes() + slow);
            Call.MANAGEMENT_WITH_BODY.assertAnsweredBy(connection.answer());
            Call.MISSING.assertAnsweredBy(connection.answer());
            Call.MANAGEMENT_WITH_BODY.assertAnsweredBy(connection.answer());
        }
    }
}
