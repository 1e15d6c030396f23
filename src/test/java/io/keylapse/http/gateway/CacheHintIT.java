package io.keylapse.http.gateway;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.active.trust.VersionFloors;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** {@code X-Key-Cache-For}: for how long a caller may reuse the answer for a valid key. */
class CacheHintIT {
    private static final String HINT = "X-Key-Cache-For";
    private static final Duration LONG = Duration.ofDays(1);
    private static final Duration STALE_AFTER = Duration.ofSeconds(4);

    @Test
    void there_is_none_unless_it_is_switched_on() {
        Node node = Node.shared();
        assertThat(check(node, node.issue(LONG)).headers().firstValue(HINT)).isEmpty();
    }

    @Test
    void it_ends_with_the_bound_and_with_the_deadline() {
        try (Node node = Node.start(Stores.shared(), settings())) {
            Answer unlimited = node.issue(LONG);
            await().atMost(20, SECONDS)
                    .until(() ->
                            check(node, unlimited).headers().firstValue(HINT).isPresent());
            // On both transports, and from the near cache.
            assertThat(hint(check(node, unlimited))).isBetween(1L, STALE_AFTER.toMillis());
            assertThat(hint(checkByMicronaut(node, unlimited))).isBetween(1L, STALE_AFTER.toMillis());
            Answer brief = node.issue(Duration.ofSeconds(3));
            Instant deadline = Instant.parse(String.valueOf(brief.text("expiresAt")));
            await().atMost(20, SECONDS).until(() -> {
                Instant asked = Instant.now();
                Answer answer = check(node, brief);
                answer.headers()
                        .firstValue(HINT)
                        .ifPresent(hint -> assertThat(asked.plusMillis(Long.parseLong(hint)))
                                .isBeforeOrEqualTo(deadline));
                return answer.status() == 401;
            });
            assertThat(check(node, brief).headers().firstValue(HINT)).isEmpty();
        }
    }

    /** The node cannot learn of the revocation, so it accepts the key for as long as it may. */
    @Test
    void caller_that_caches_accepts_a_revoked_key_no_longer_than_the_bound() throws SQLException {
        try (var stores = Stores.own();
                Node revoker = Node.start(stores, settings());
                Node node = Node.start(stores, settings())) {
            Answer revoked = node.issue(LONG);
            Answer other = node.issue(LONG);
            node.awaitKnownToRedis(revoked.text("key"));
            node.awaitKnownToRedis(other.text("key"));
            assertThat(hint(check(node, revoked))).isPositive();

            // Every read of the feed fails from now on.
            stores.run("ALTER FUNCTION change_horizon() RENAME TO out_of_order");
            long beforeRevocation = System.nanoTime();
            assertThat(revoker.admin().delete("/v1/keys/" + revoked.text("id")).status())
                    .isEqualTo(200);

            int[] accepted = new int[1];
            await().atMost(20, SECONDS).until(() -> {
                long asked = System.nanoTime();
                Answer answer = check(node, revoked);
                answer.headers().firstValue(HINT).ifPresent(hint -> {
                    accepted[0]++;
                    assertThat(Duration.ofNanos(asked - beforeRevocation).plusMillis(Long.parseLong(hint)))
                            .isLessThanOrEqualTo(STALE_AFTER);
                });
                return answer.status() == 401;
            });
            assertThat(accepted[0]).as("answers that a caller may cache").isGreaterThan(1);

            // Postgres says that it is valid; but what it said is not known to hold for any time.
            await().atMost(20, SECONDS)
                    .until(() -> node.bean(VersionFloors.class).age().compareTo(STALE_AFTER) > 0);
            assertThat(check(node, other).status()).isEqualTo(200);
            assertThat(check(node, other).headers().firstValue(HINT)).isEmpty();
        }
    }

    private static Map<String, Object> settings() {
        return Map.of(
                "keylapse.gateway.cache-hint",
                true,
                "keylapse.check.stale-after",
                STALE_AFTER.toString(),
                "keylapse.check.near-cache.max-age",
                STALE_AFTER.toString(),
                "keylapse.redis.write-through",
                false);
    }

    private static Answer check(Node node, Answer issued) {
        return node.anonymous().check(issued.text("key"));
    }

    private static Answer checkByMicronaut(Node node, Answer issued) {
        try (var connection = new RawConnection(node)) {
            return connection
                    .request("GET", "http://keylapse/check", "X-API-Key: " + issued.text("key"))
                    .answer();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static long hint(Answer answer) {
        assertThat(answer.status()).isEqualTo(200);
        return Long.parseLong(String.valueOf(answer.header(HINT)));
    }
}
