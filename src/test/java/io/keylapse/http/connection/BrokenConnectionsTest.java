package io.keylapse.http.connection;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BrokenConnectionsTest {
    private final List<Throwable> passedOn = new ArrayList<>();
    private final EmbeddedChannel connection =
            new EmbeddedChannel(new BrokenConnections(), new ChannelInboundHandlerAdapter() {
                @Override
                public void exceptionCaught(ChannelHandlerContext context, Throwable failure) {
                    passedOn.add(failure);
                }
            });

    @Test
    void error_of_the_socket_is_no_error_of_the_server_whatever_language_it_is_in() {
        connection.pipeline().fireExceptionCaught(new IOException("recvAddress(..): Bağlantı karşıdan kesildi"));
        assertThat(passedOn).isEmpty();
    }

    @Test
    void other_failures_are_passed_on() {
        var failure = new IllegalStateException();
        connection.pipeline().fireExceptionCaught(failure);
        assertThat(passedOn).containsExactly(failure);
    }
}
