package io.keylapse.active.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.harness.Node;
import io.lettuce.core.resource.ClientResources;
import io.micronaut.http.netty.channel.EventLoopGroupRegistry;
import io.netty.channel.EventLoopGroup;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class StopOrderIT {
    /** Otherwise closing the connection may wait for threads that have ended, and the node never stops. */
    @Test
    void redis_is_left_before_the_threads_end_that_serve_it() {
        var alreadyEnding = new CopyOnWriteArrayList<Boolean>();
        try (Node node = Node.start()) {
            node.awaitRedisFollowed();
            ClientResources resources = node.bean(ClientResources.class);
            EventLoopGroup loops = node.bean(EventLoopGroupRegistry.class).getDefaultEventLoopGroup();
            node.bean(RedisConnection.class)
                    .onConnectionChange(() -> alreadyEnding.add(
                            resources.eventExecutorGroup().isShuttingDown() || loops.isShuttingDown()));
        }
        assertThat(alreadyEnding).isNotEmpty().containsOnly(false);
    }
}
