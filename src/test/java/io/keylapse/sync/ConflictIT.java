package io.keylapse.sync;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Redis has a change that Postgres has lost, and the key changes again. */
class ConflictIT {
    private static final int VERSION = 1;

    private static final Node node = Node.start().awaitRedisFollowed();
    private static final Node other = Node.start().awaitRedisFollowed();
    private static final Keys.Redis redis = new Keys.Redis(Stores.shared());

    /** A key that is valid in Redis at that version, and at version 1 in Postgres. */
    private static Answer keyWithLostChange(int version) {
        Answer key = Keys.issue(node, "P1D");
        node.awaitKnownToRedis(key.text("key"));
        byte[] entry = redis.get(key.text("key"));
        ByteBuffer.wrap(entry).putInt(VERSION, version);
        redis.set(key.text("key"), entry);
        return key;
    }

    private static void awaitRefusedByAll(Answer key) {
        for (Node each : List.of(node, other)) {
            await().atMost(2, SECONDS)
                    .untilAsserted(() -> assertThat(Keys.check(each, key).header("X-Key-Code"))
                            .isEqualTo("KEY_REVOKED"));
        }
    }

    @Test
    void a_revocation_replaces_different_content_of_the_same_version_in_redis() {
        Answer key = keyWithLostChange(2);

        assertThat(Keys.revoke(node, key).text("enforcement")).isEqualTo("applied");

        assertThat(redis.get(key.text("key"))).startsWith('R');
        awaitRefusedByAll(key);
    }

    @Test
    void a_revocation_that_meets_a_newer_version_is_pending_until_redis_is_put_right() {
        Answer key = keyWithLostChange(3);

        assertThat(Keys.revoke(node, key).text("enforcement")).isEqualTo("pending");

        await().atMost(10, SECONDS)
                .untilAsserted(() -> assertThat(redis.get(key.text("key"))).startsWith('R'));
        assertThat(redis.version(key.text("key"))).isEqualTo(2);
        awaitRefusedByAll(key);
    }
}
