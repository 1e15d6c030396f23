package io.keylapse.degraded;

import static io.keylapse.degraded.WiredNode.assertRefused;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Client.Answer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * The rows of docs/degraded-modes.md in which Redis is unhealthy and Postgres is healthy: every check gets the right
 * answer.
 */
class DegradedRedisIT {
    /** How long a check waits for Redis. */
    private static final Duration PATIENCE = Duration.ofMillis(250);

    private static final WiredNode wired = new WiredNode();

    @AfterEach
    void heal() {
        wired.heal();
    }

    @Test
    void redis_down() {
        assertRightThroughout(wired.stores::interruptRedis, wired.stores::resumeRedis);
    }

    @Test
    void redis_half_open() {
        assertRightThroughout(wired.toRedis::swallow, wired.toRedis::heal);
    }

    @Test
    void redis_slow() {
        assertRightThroughout(() -> wired.toRedis.delay(PATIENCE), wired.toRedis::heal);
    }

    /** What holds whenever Redis does not answer, for any reason. */
    private static void assertRightThroughout(Runnable sicken, Runnable cure) {
        Answer good = wired.issue();
        Answer revoked = wired.revoked();
        Answer expired = wired.expired();
        Answer toRevoke = wired.issue();

        sicken.run();
        await().atMost(20, SECONDS).until(() -> {
            assertThat(wired.check(good).status()).isEqualTo(200);
            return wired.breaker("redis") == 1;
        });
        int checks = 100;
        long begin = System.nanoTime();
        for (int i = 0; i < checks; i++) {
            assertThat(wired.check(good).status()).isEqualTo(200);
        }
        assertThat(Duration.ofNanos(System.nanoTime() - begin))
                .as("checks do not each wait for Redis")
                .isLessThan(PATIENCE.multipliedBy(checks).dividedBy(2));
        assertRefused(wired.check(revoked), 401, "KEY_REVOKED");
        assertRefused(wired.check(expired), 401, "KEY_EXPIRED");
        assertRefused(wired.checkUnissued(), 401, "KEY_UNKNOWN");
        Answer issued = wired.issue();
        assertThat(issued.text("enforcement")).isEqualTo("pending");
        assertThat(wired.check(issued).status()).isEqualTo(200);
        assertThat(wired.revoke(toRevoke).text("enforcement")).isEqualTo("pending");
        assertRefused(wired.check(toRevoke), 401, "KEY_REVOKED");
        wired.awaitDegraded("Redis does not answer");

        cure.run();
        await().atMost(10, SECONDS).until(() -> {
            assertThat(wired.check(good).status()).isEqualTo(200);
            assertRefused(wired.check(toRevoke), 401, "KEY_REVOKED");
            return wired.breaker("redis") == 0;
        });
        assertRefused(wired.check(toRevoke), 401, "KEY_REVOKED");
    }

    @Test
    void redis_disk_full() throws IOException {
        Path data = Path.of(
                wired.stores.redis(commands -> commands.configGet("dir")).get("dir"));
        assumeThat(Files.isDirectory(data))
                .as("the server's files are accessible")
                .isTrue();
        Answer good = wired.issue();
        Answer revoked = wired.revoked();
        Answer toRevoke = wired.issue();
        Path obstacle = Files.createDirectories(data.resolve("dump.rdb").resolve("in-the-way"));
        try {
            wired.setRedis("save", "3600 1");
            wired.stores.redis(commands -> commands.bgsave());
            await().atMost(10, SECONDS)
                    .until(() -> wired.stores
                            .redis(commands -> commands.info("persistence"))
                            .contains("rdb_last_bgsave_status:err"));

            Answer issued = wired.issue();
            assertThat(issued.text("enforcement")).isEqualTo("pending");
            assertThat(wired.check(issued).status()).isEqualTo(200);
            assertThat(wired.check(good).status()).isEqualTo(200);
            assertRefused(wired.check(revoked), 401, "KEY_REVOKED");
            assertRefused(wired.check(wired.expired()), 401, "KEY_EXPIRED");
            assertRefused(wired.checkUnissued(), 401, "KEY_UNKNOWN");
            assertThat(wired.revoke(toRevoke).text("enforcement")).isEqualTo("pending");
            assertRefused(wired.check(toRevoke), 401, "KEY_REVOKED");
            assertThat(wired.breaker("redis")).isZero();
            wired.awaitDegraded("it cannot save to its disk; free disk space");
        } finally {
            wired.setRedis("save", "");
            Files.delete(obstacle);
            Files.delete(obstacle.getParent());
        }
    }

    @Test
    void redis_at_maxmemory() {
        Answer good = wired.issue();
        Answer toRevoke = wired.issue();
        Answer toRenew = wired.issue();
        wired.setRedis("maxmemory", "1");
        try {
            Answer issued = wired.issue();
            assertThat(issued.text("enforcement")).isEqualTo("pending");
            assertThat(wired.check(issued).status()).isEqualTo(200);
            assertThat(wired.check(good).status()).isEqualTo(200);
            assertThat(wired.revoke(toRevoke).text("enforcement")).isEqualTo("pending");
            assertRefused(wired.check(toRevoke), 401, "KEY_REVOKED");
            Answer renewed = wired.node.admin().post("/v1/keys/" + toRenew.text("id") + "/renew", "{\"ttl\":\"PT1S\"}");
            assertThat(renewed.text("enforcement")).isEqualTo("pending");
            await().atMost(10, SECONDS).untilAsserted(() -> assertRefused(wired.check(toRenew), 401, "KEY_EXPIRED"));
            assertRefused(wired.checkUnissued(), 401, "KEY_UNKNOWN");
            wired.awaitDegraded("it has reached maxmemory; give it more");
        } finally {
            wired.setRedis("maxmemory", "0");
        }
    }
}
