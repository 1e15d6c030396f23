package io.keylapse.http.gateway;

import static io.keylapse.harness.Node.freePort;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The maximum number of connections, and their maximum age. */
class ConnectionsIT {
    @Test
    void connections_beyond_the_bound_are_closed_and_counted_and_one_that_ends_makes_room() throws IOException {
        var open = new ArrayList<RawConnection>();
        try (Node node = Node.start(Stores.shared(), Map.of("keylapse.gateway.max-connections", 3))) {
            MeterRegistry meters = node.bean(MeterRegistry.class);
            for (int i = 0; i < 3; i++) {
                open.add(new RawConnection(node));
                assertAnswered(open.getLast());
            }
            try (var beyond = new RawConnection(node)) {
                assertThat(beyond.isClosed()).isTrue();
            }
            assertThat(meters.get("keylapse.http.connections").gauge().value()).isEqualTo(3);
            assertThat(meters.get("keylapse.http.connections.refused").counter().count())
                    .isEqualTo(1);
            for (RawConnection each : open) {
                assertAnswered(each);
            }

            open.removeFirst().close();
            await().atMost(10, SECONDS)
                    .until(() -> meters.get("keylapse.http.connections").gauge().value() == 2);
            open.add(new RawConnection(node));
            assertAnswered(open.getLast());
        } finally {
            for (RawConnection each : open) {
                each.close();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"8, 6", "3, 2"})
    void gateways_with_a_port_of_their_own_are_let_in_when_the_main_port_is_full(int max, int onMainPort)
            throws IOException {
        int gatewayPort = freePort();
        var open = new ArrayList<RawConnection>();
        try (Node node = Node.start(
                Stores.shared(),
                Map.of("keylapse.gateway.max-connections", max, "keylapse.gateway.port", gatewayPort))) {
            for (int i = 0; i < onMainPort; i++) {
                open.add(new RawConnection(node));
                assertAnswered(open.getLast());
            }
            try (var beyond = new RawConnection(node)) {
                assertThat(beyond.isClosed()).isTrue();
            }
            for (int i = onMainPort; i < max; i++) {
                open.add(new RawConnection(gatewayPort));
                assertAnswered(open.getLast());
            }
            try (var beyond = new RawConnection(gatewayPort)) {
                assertThat(beyond.isClosed()).isTrue();
            }
        } finally {
            for (RawConnection each : open) {
                each.close();
            }
        }
    }

    @Test
    void connection_that_says_nothing_is_closed_in_the_end() throws IOException {
        try (Node node = Node.start(Stores.shared(), Map.of("micronaut.server.idle-timeout", "3s"));
                var silent = new RawConnection(node);
                var kept = new RawConnection(node)) {
            assertAnswered(kept);
            assertThat(silent.isClosed()).isTrue();
            assertThat(kept.isClosed()).isTrue();
        }
    }

    private static void assertAnswered(RawConnection connection) throws IOException {
        assertThat(connection.request("GET", "/check").answer().status()).isEqualTo(401);
    }
}
