package io.keylapse.attack.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class TargetTest {
    private static final Duration A_WHILE = Duration.ofMinutes(1);

    @Test
    void only_loopback_can_be_attacked() throws IOException {
        for (byte[] address : new byte[][] {{10, 0, 0, 1}, {(byte) 192, 0, 2, 1}, {0, 0, 0, 0}, new byte[16]}) {
            var other = new InetSocketAddress(InetAddress.getByAddress(address), 9);
            assertThatThrownBy(() -> new Target(other, 1, 1, A_WHILE)).hasMessageContaining("only loopback");
        }
        var unknown = InetSocketAddress.createUnresolved("localhost", 9);
        assertThatThrownBy(() -> new Target(unknown, 1, 1, A_WHILE)).hasMessageContaining("only loopback");
    }

    @Test
    void connections_bytes_and_time_are_bounded() throws Exception {
        try (var silent = silent()) {
            try (var target = new Target(at(silent), 2, 100, A_WHILE)) {
                target.connect(2).forEach(line -> line.send(ByteBuffer.allocate(80)));
                assertThatThrownBy(target::connect).isInstanceOf(IllegalStateException.class);
                assertThat(target.goesOn()).isFalse();
                assertThat(target.tally().sent()).isEqualTo(100);
            }
            try (var target = new Target(at(silent), 1, 1, Duration.ZERO)) {
                assertThat(target.goesOn()).isFalse();
                target.pause(A_WHILE);
            }
        }
    }

    @Test
    void no_connection_outlives_the_attack() throws Exception {
        try (var server = silent()) {
            Line line;
            try (var target = new Target(at(server), 1, 1, A_WHILE)) {
                line = target.connect();
            }
            assertThat(line.isOpen()).isFalse();
        }
    }

    @Test
    void connection_that_the_other_side_refuses_or_ends_is_counted() throws Exception {
        ServerSocket server = silent();
        try (var target = new Target(at(server), 2, 100, A_WHILE)) {
            Line line = target.connect();
            server.accept().close();
            while (line.isOpen()) {
                line.swallow();
                target.pause(Duration.ofMillis(1));
            }
            server.close();
            line = target.connect();
            while (line.isOpen()) {
                line.swallow();
                target.pause(Duration.ofMillis(1));
            }
            assertThat(target.tally()).isEqualTo(new Tally(2, 1, 1, 0, 0));
        }
    }

    private static ServerSocket silent() throws IOException {
        return new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    }

    private static InetSocketAddress at(ServerSocket server) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getLocalPort());
    }
}
