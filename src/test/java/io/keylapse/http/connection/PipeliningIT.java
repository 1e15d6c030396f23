package io.keylapse.http.connection;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.harness.Node;
import io.keylapse.http.gateway.RawConnection;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that send many requests at once and read no response. */
class PipeliningIT {
    private static final int CONNECTIONS = 50;
    private static final int REQUESTS = 1_800;
    private static final Duration PATIENCE_OF_GATEWAYS = Duration.ofSeconds(2);

    private static final Node node = Node.start();
    private static final String key =
            "X-API-Key: " + node.issue(Duration.ofDays(1)).text("key");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/n",
                "/health",
                "/health/liveness",
                "/prometheus",
                "//check",
                "/check",
                "/v1/keys",
                "/openapi.yaml"
            })
    void good_keys_are_answered_while_fifty_connections_pipeline_and_read_nothing(String target) throws IOException {
        byte[] requests = RawConnection.head("GET", target).repeat(REQUESTS).getBytes(ISO_8859_1);
        var attackers = new ArrayList<Flood>();
        try (var gateway = new RawConnection(node)) {
            gateway.timeout(PATIENCE_OF_GATEWAYS);
            for (int i = 0; i < CONNECTIONS; i++) {
                attackers.add(Flood.begin(node.port(), requests));
            }
            for (int i = 0; i < 200; i++) {
                // A timeout would throw a SocketTimeoutException here.
                assertThat(gateway.request("GET", "/check", key).answer().status())
                        .isEqualTo(200);
            }
        } finally {
            for (Flood each : attackers) {
                each.close();
            }
        }
    }

    @Test
    void pipelined_requests_of_any_kind_are_all_answered_in_order_to_a_client_that_reads() throws IOException {
        try (var connection = new RawConnection(node)) {
            var requests = new StringBuilder();
            List<String> targets = List.of("/check", "/nowhere", "/check/x", "/v1/me", "/health/liveness");
            for (int i = 0; i < 300; i++) {
                requests.append(RawConnection.head("GET", targets.get(i % targets.size())));
            }
            Thread sender = Thread.startVirtualThread(() -> {
                try {
                    connection.send(requests.toString());
                } catch (IOException _) {
                    // The missing responses make the assertion fail.
                }
            });
            List<Integer> statuses = List.of(401, 404, 401, 401, 200);
            for (int i = 0; i < 300; i++) {
                assertThat(connection.answer().status())
                        .as(targets.get(i % targets.size()))
                        .isEqualTo(statuses.get(i % statuses.size()));
            }
            assertThat(sender).isNotNull();
        }
    }
}
