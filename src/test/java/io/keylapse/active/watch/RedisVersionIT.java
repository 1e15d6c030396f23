package io.keylapse.active.watch;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.keylapse.active.redis.RedisConnection;
import io.keylapse.app.embedded.RedisServers;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A Redis that is too old. The one in the test is not, so the required version is raised. */
class RedisVersionIT {
    private static final String NEVER = "99.0";

    @Test
    void redis_that_is_too_old_is_refused_naming_the_setting_and_both_versions() {
        try (Node node = Node.start()) {
            node.awaitHearing();
            RedisConnection redis = node.bean(RedisConnection.class);
            assertThatThrownBy(new RedisVersion(redis, NEVER)::require)
                    .isInstanceOf(UnsupportedRedisException.class)
                    .hasMessageMatching(
                            "Redis at KEYLAPSE_REDIS_URI \\(.*:\\d+\\) is version \\d+\\.\\d+\\..* which is too"
                                    + " old; Keylapse needs Redis 99\\.0 or newer, or Valkey");
            assertThatCode(new RedisVersion(redis)::require).doesNotThrowAnyException();
        }
    }

    @Test
    void redis_that_may_not_say_its_version_is_not_refused() {
        try (var servers = new RedisServers()) {
            String uri =
                    servers.start("user default on nopass ~* &* +@all -info\n").uri();
            try (Node node = Node.start(Stores.shared(), Map.of("keylapse.redis.uri", uri))) {
                RedisConnection redis = node.bean(RedisConnection.class);
                await().atMost(20, SECONDS).until(() -> isReached(node));
                assertThatCode(new RedisVersion(redis, NEVER)::require).doesNotThrowAnyException();
            }
        }
    }

    private static boolean isReached(Node node) {
        return node.anonymous().get("/health/readiness").body().contains("run INFO");
    }

    @Test
    void redis_that_is_not_reached_is_not_refused() {
        try (Stores stores = Stores.own();
                Node node = Node.start(stores, Map.of())) {
            node.awaitHearing();
            stores.interruptRedis();
            assertThatCode(new RedisVersion(node.bean(RedisConnection.class), NEVER)::require)
                    .doesNotThrowAnyException();
            stores.resumeRedis();
        }
    }
}
