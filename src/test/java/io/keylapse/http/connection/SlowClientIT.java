package io.keylapse.http.connection;

import static io.keylapse.http.gateway.Refusals.assertProblem;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.http.gateway.RawConnection;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that start a request and do not finish it. */
class SlowClientIT {
    private static final Node node =
            Node.start(Stores.shared(), Map.of("keylapse.header-timeout", "PT0.5S", "keylapse.body-timeout", "PT0.5S"));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "G",
                "GET /check HTTP/1.1\r\n",
                "GET /check HTTP/1.1\r\nX-API-Key: kl_",
                "GET /v1/me HTTP/1.1\r\nX: "
            })
    void headers_that_do_not_become_complete_are_refused_and_the_connection_ends(String beginning) throws IOException {
        try (var connection = new RawConnection(node)) {
            connection.send(beginning);
            assertProblem(connection.answer(), 408, "REQUEST_TIMEOUT");
            assertThat(connection.isClosed()).isTrue();
        }
    }

    @Test
    void client_that_sends_a_byte_now_and_then_does_not_get_more_time() throws IOException {
        try (var connection = new RawConnection(node)) {
            connection.send("GET /check HTTP/1.1\r\nX: ");
            Thread trickle = Thread.startVirtualThread(() -> await().atMost(15, SECONDS)
                    .pollInterval(Duration.ofMillis(50))
                    .until(() -> {
                        try {
                            connection.send("x");
                            return false;
                        } catch (IOException closed) {
                            return true;
                        }
                    }));
            assertProblem(connection.answer(), 408, "REQUEST_TIMEOUT");
            assertThat(trickle).isNotNull();
        }
    }

    @Test
    void body_that_does_not_become_complete_is_refused_and_the_connection_ends() throws IOException {
        for (String length : List.of("Content-Length: 10", "Transfer-Encoding: chunked")) {
            try (var connection = new RawConnection(node)) {
                connection.requestWithBody(
                        "POST",
                        "/v1/keys/lookup",
                        length.startsWith("C") ? "{" : "1\r\n{\r\n",
                        "Authorization: Bearer " + Node.ADMIN_KEY,
                        "Content-Type: application/json",
                        length);
                assertProblem(connection.answer(), 408, "REQUEST_TIMEOUT");
                assertThat(connection.isClosed()).isTrue();
            }
        }
        assertThat(node.bean(MeterRegistry.class)
                        .get("keylapse.http.requests.refused")
                        .tag("reason", "body_timeout")
                        .counter()
                        .count())
                .isGreaterThanOrEqualTo(2);
    }

    @Test
    void connection_between_two_requests_has_more_time() throws IOException {
        try (var idle = new RawConnection(node)) {
            assertThat(idle.send("\r\n").request("GET", "/check").answer().status())
                    .isEqualTo(401);
            idle.send("\r\n");
            try (var slow = new RawConnection(node)) {
                slow.send("GET ");
                assertProblem(slow.answer(), 408, "REQUEST_TIMEOUT");
            }
            assertThat(idle.request("GET", "/check").answer().status()).isEqualTo(401);
        }
    }
}
