package io.keylapse.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.keylapse.active.redis.RedisConnection;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StoreBreakersIT {
    @Test
    void redis_is_asked_after_all_when_postgres_cannot_say() {
        try (var stores = Stores.own();
                var node = Node.start(stores, Map.of())) {
            Answer good = node.admin().issue("breakers", Duration.ofDays(1));
            Answer revoked = node.admin().issue("breakers", Duration.ofDays(1));
            node.admin().delete("/v1/keys/" + revoked.text("id"));
            node.awaitKnownToRedis(good.text("key"));
            CircuitBreaker redis = node.bean(StoreBreakers.class)
                    .redis(node.bean(RedisConnection.class).primaries().getFirst());
            redis.transitionToForcedOpenState();
            stores.interruptPostgres();

            assertThat(node.anonymous().check(good.text("key")).status()).isEqualTo(200);
            assertThat(node.anonymous().check(revoked.text("key")).header("X-Key-Code"))
                    .isEqualTo("KEY_REVOKED");
        }
    }
}
