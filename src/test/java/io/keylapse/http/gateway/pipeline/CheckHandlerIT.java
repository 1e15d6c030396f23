package io.keylapse.http.gateway.pipeline;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.http.Draining;
import io.keylapse.http.connection.ConnectionSettings;
import io.keylapse.http.connection.RequestSequencer;
import io.keylapse.http.connection.framing.RequestErrorWriter;
import io.keylapse.http.gateway.CheckEndpoint;
import io.keylapse.key.KeyFormat;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What happens on a connection while a verdict is pending. */
class CheckHandlerIT {
    private static final Node node = Node.shared();

    @Test
    void connection_that_is_to_be_closed_gives_the_verdict_under_way_first() throws SQLException {
        EmbeddedChannel channel = connection();
        try (var _ = Stores.shared().lock("api_key")) {
            // Keeps the verdict pending until the lock is released.
            channel.writeInbound(unissued(), LastHttpContent.EMPTY_LAST_CONTENT);
            var _ = channel.close();
        }

        await().atMost(10, SECONDS).until(() -> {
            channel.runPendingTasks();
            return !channel.isOpen();
        });

        FullHttpResponse response = channel.readOutbound();
        assertThat(response.status().code()).isEqualTo(401);
        assertThat(response.headers().getAll("Connection")).containsExactly("close");
        response.release();
    }

    @Test
    void what_follows_a_verdict_under_way_waits_and_none_of_it_is_lost() {
        HttpRequest other = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/v1/keys");
        EmbeddedChannel channel = connection();
        channel.writeInbound(unissued(), LastHttpContent.EMPTY_LAST_CONTENT, other, LastHttpContent.EMPTY_LAST_CONTENT);

        await().atMost(10, SECONDS).until(() -> {
            channel.runPendingTasks();
            return channel.inboundMessages().size() == 2;
        });

        FullHttpResponse response = channel.readOutbound();
        assertThat(response.headers().get("X-Key-Code")).isEqualTo("KEY_UNKNOWN");
        assertThat(channel.<Object>readInbound()).isSameAs(other);
        response.release();
    }

    private static EmbeddedChannel connection() {
        var sequencer = new RequestSequencer(
                null, _ -> null, node.bean(RequestErrorWriter.class), node.bean(ConnectionSettings.class));
        return new EmbeddedChannel(
                sequencer,
                new CheckHandler(node.bean(CheckEndpoint.class), node.bean(Draining.class), sequencer, false, null));
    }

    private static HttpRequest unissued() {
        var request = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/check");
        request.headers()
                .add("X-API-Key", new KeyFormat("kl", List.of()).generate().reveal());
        return request;
    }
}
