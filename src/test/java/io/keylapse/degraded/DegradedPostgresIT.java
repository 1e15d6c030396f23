package io.keylapse.degraded;

import static io.keylapse.degraded.WiredNode.assertRefused;
import static io.keylapse.degraded.WiredNode.assertUnavailable;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.CloseAfterTests;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * The rows of docs/degraded-modes.md in which Postgres is unhealthy: what Redis has is answered, and everything else is
 * 503, never a guess.
 */
class DegradedPostgresIT {
    /** How long a check waits for Postgres. */
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    /** The limit for every management call. */
    private static final Duration MANAGEMENT_PATIENCE = Duration.ofSeconds(10);

    private static final WiredNode wired = new WiredNode();
    private static final ExecutorService callers =
            CloseAfterTests.register(Executors.newVirtualThreadPerTaskExecutor());

    @AfterEach
    void heal() {
        wired.heal();
    }

    @Test
    void postgres_down() {
        assertRightThroughout(wired.stores::interruptPostgres, wired.stores::resumePostgres);
    }

    @Test
    void postgres_half_open() {
        assertRightThroughout(wired.toPostgres::swallow, wired.toPostgres::heal);
    }

    @Test
    void both_down() {
        Answer good = wired.issue();
        wired.stores.interruptRedis();
        wired.stores.interruptPostgres();
        await().atMost(30, SECONDS).until(() -> {
            atOnce(wired::checkUnissued).forEach(WiredNode::assertUnavailable);
            return wired.breaker("postgres") == 1 && wired.breaker("redis") == 1;
        });

        assertUnavailable(wired.check(good));
        assertRefused(wired.node.anonymous().check("junk"), 401, "KEY_MALFORMED");
        assertThat(wired.readiness().status()).isEqualTo(503);
        assertThat(wired.node.anonymous().get("/health/liveness").status()).isEqualTo(200);

        // One store is enough, whichever recovers first.
        wired.stores.resumeRedis();
        await().atMost(10, SECONDS).until(() -> wired.check(good).status() == 200);
    }

    /** What holds whenever Postgres does not answer, for any reason. */
    private static void assertRightThroughout(Runnable sicken, Runnable cure) {
        Answer good = wired.issue();
        Answer revoked = wired.revoked();
        Answer lost = wired.issueAndForget();

        sicken.run();
        await().atMost(30, SECONDS).until(() -> {
            assertThat(wired.check(good).status()).isEqualTo(200);
            atOnce(wired::checkUnissued).forEach(WiredNode::assertUnavailable);
            return wired.breaker("postgres") == 1;
        });
        int misses = 100;
        long begin = System.nanoTime();
        for (int i = 0; i < misses; i++) {
            assertUnavailable(wired.checkUnissued());
        }
        assertThat(Duration.ofNanos(System.nanoTime() - begin))
                .as("misses do not each wait for Postgres")
                .isLessThan(PATIENCE.multipliedBy(misses).dividedBy(2));
        assertUnavailable(wired.check(lost));
        assertRefused(wired.check(revoked), 401, "KEY_REVOKED");
        assertThat(wired.check(good).status()).isEqualTo(200);
        wired.awaitDegraded("Postgres does not answer");
        assertThat(wired.node
                        .admin()
                        .post("/v1/keys", "{\"owner\":\"o\",\"name\":\"n\",\"ttl\":\"P1D\"}")
                        .text("code"))
                .isEqualTo("STORE_UNAVAILABLE");

        cure.run();
        await().atMost(20, SECONDS).until(() -> {
            Answer answer = wired.check(lost);
            assertThat(answer.status()).isIn(200, 503);
            return answer.status() == 200;
        });
        await().atMost(10, SECONDS).until(() -> wired.checkUnissued().status() == 401);
    }

    @Test
    void postgres_slow() {
        Answer good = wired.issue();
        Answer lost = wired.issueAndForget();
        // Each statement takes longer than a check waits, but not long enough to be cancelled.
        wired.toPostgres.delay(Duration.ofMillis(600));

        assertUnavailable(wired.check(lost));
        assertThat(wired.check(good).status()).isEqualTo(200);
        // The look-up continued and refilled Redis.
        await().atMost(20, SECONDS).until(() -> wired.check(lost).status() == 200);
        assertThat(wired.check(good).status()).isEqualTo(200);
    }

    @Test
    void postgres_blocked() throws SQLException {
        Answer good = wired.issue();
        Answer lost = wired.issueAndForget();
        try (var _ = wired.stores.lock("api_key")) {
            await().atMost(30, SECONDS).until(() -> {
                atOnce(wired::checkUnissued).forEach(WiredNode::assertUnavailable);
                assertThat(wired.check(good).status()).isEqualTo(200);
                return wired.breaker("postgres") == 1;
            });
            assertUnavailable(wired.check(lost));
            // No look-ups queue up behind the lock.
            await().atMost(20, SECONDS).until(() -> wired.stores.waiting("SELECT%FROM api_key%AND digest = $2") == 0);
        }
        await().atMost(20, SECONDS).until(() -> wired.check(lost).status() == 200);
    }

    @Test
    void management_calls_under_way_when_postgres_hangs_are_answered_in_time() throws SQLException {
        Answer key = wired.issue();
        String path = "/v1/keys/" + key.text("id");
        String wish = "{\"owner\":\"o\",\"name\":\"n\",\"ttl\":\"P1D\"}";
        List<Supplier<Answer>> calls = List.of(
                () -> wired.node.admin().get(path),
                () -> wired.node.admin().get("/v1/keys?limit=1"),
                () -> wired.node.admin().post("/v1/keys", wish),
                () -> wired.node.admin().post("/v1/keys", wish, "Idempotency-Key", "hangs"),
                () -> wired.node.admin().post("/v1/keys:batch", "{\"keys\":[" + wish + "," + wish + "]}"),
                () -> wired.node.admin().post(path + "/renew", "{\"ttl\":\"PT2H\"}"),
                () -> wired.node.admin().post(path + "/rotate", "{}"),
                () -> wired.node.admin().patch(path, "{\"name\":\"other\"}"),
                () -> wired.node.admin().delete(path),
                () -> wired.node.admin().post("/v1/owners/o/revoke", "{}"));
        try (var _ = wired.stores.lock("api_key")) {
            long begin = System.nanoTime();
            var underWay = calls.stream()
                    .map(call -> CompletableFuture.supplyAsync(call, callers))
                    .toList();
            // Each has sent a statement whose response will never arrive.
            await().atMost(10, SECONDS)
                    .until(() -> wired.stores.ask("SELECT count(*) FROM pg_stat_activity"
                                    + " WHERE wait_event_type = 'Lock' AND application_name = 'keylapse'")
                            >= calls.size());
            wired.toPostgres.swallow();
            for (var call : underWay) {
                Answer answer = call.join();
                assertThat(answer.status()).as(answer.body()).isEqualTo(503);
                assertThat(answer.text("code")).isIn("STORE_UNAVAILABLE", "TOO_BUSY");
                assertThat(answer.header("Retry-After")).matches("[1-9][0-9]*");
            }
            assertThat(Duration.ofNanos(System.nanoTime() - begin))
                    .as("what docs/degraded-modes.md promises")
                    .isLessThan(MANAGEMENT_PATIENCE);
        }
    }

    private static List<Answer> atOnce(Supplier<Answer> question) {
        List<CompletableFuture<Answer>> answers = IntStream.range(0, 10)
                .mapToObj(_ -> CompletableFuture.supplyAsync(question, callers))
                .toList();
        return answers.stream().map(CompletableFuture::join).toList();
    }
}
