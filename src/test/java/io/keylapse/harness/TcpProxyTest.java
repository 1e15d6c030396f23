package io.keylapse.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import org.junit.jupiter.api.Test;

/** A proxy whose connections are abandoned. */
class TcpProxyTest {
    @Test
    void a_server_does_not_hear_of_the_end_of_a_client_whose_wire_was_abandoned() throws IOException {
        try (var server = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
                var wire = new TcpProxy(server.getLocalPort())) {
            Socket client = new Socket(InetAddress.getLoopbackAddress(), wire.port());
            Socket served = server.accept();
            client.getOutputStream().write(1);
            assertThat(served.getInputStream().read()).isEqualTo(1);

            Runnable end = wire.abandon();
            client.close();

            served.setSoTimeout(300);
            assertThatThrownBy(() -> served.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
            try (var next = new Socket(InetAddress.getLoopbackAddress(), wire.port());
                    var nextServed = server.accept()) {
                next.getOutputStream().write(2);
                assertThat(nextServed.getInputStream().read()).isEqualTo(2);
            }
            end.run();
            served.setSoTimeout(10_000);
            assertThat(served.getInputStream().read()).isEqualTo(-1);
        }
    }
}
