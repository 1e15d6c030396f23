package io.keylapse.expiry;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.app.embedded.RedisServers;
import io.keylapse.app.embedded.RedisServers.Server;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.lettuce.core.AclSetuserArgs;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** The ways of recording expiries are independent of each other. */
@NullUnmarked
class PrompterAloneIT {
    @Test
    void a_node_that_does_not_listen_prompts_redis_all_the_same() {
        try (var servers = new RedisServers()) {
            Server server =
                    servers.start("notify-keyspace-events Ex\nmaxmemory-policy noeviction\nenable-debug-command yes\n");
            // From now on Redis deletes only keys that are accessed. A deadline that is near when it is written is
            // prompted anyway.
            server.ask(redis -> redis.dispatch(
                    CommandType.DEBUG,
                    new StatusOutput<>(StringCodec.UTF8),
                    new CommandArgs<>(StringCodec.UTF8).add("SET-ACTIVE-EXPIRE").add(0)));
            try (Node node = Node.start(
                    Stores.shared(), Map.of("keylapse.redis.uri", server.uri(), "keylapse.expiry.listener", false))) {
                node.awaitRedisFollowed();
                // This deletes expired keys that the cycle finds; it is tried every few seconds.
                server.ask(
                        redis -> redis.aclSetuser("default", AclSetuserArgs.Builder.removeCommand(CommandType.SCAN)));
                long before = server.ask(RedisCommands::dbsize);
                var issued = node.admin().issue("prompted", Duration.ofSeconds(4));
                assertThat(issued.text("enforcement")).isEqualTo("applied");
                assertThat(server.<Long>ask(RedisCommands::dbsize)).isEqualTo(before + 1);
                await().atMost(15, SECONDS)
                        .until(() -> server.<Long>ask(RedisCommands::dbsize).equals(before));
            }
        }
    }
}
