package io.keylapse.http.gateway;

import static io.keylapse.http.gateway.Refusals.assertInvalidToken;
import static io.keylapse.http.gateway.Refusals.assertRefused;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.RedisName;
import io.keylapse.harness.Stores;
import io.keylapse.key.KeyFormat;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Without one store, a good key is still accepted if the other store has it, and is never refused as invalid. */
class CheckOutageIT {
    private static final Duration LONG = Duration.ofDays(1);

    private static final Stores stores = Stores.own();
    private static final Node node = Node.start(stores, Map.of());

    private boolean redisIsInterrupted;
    private boolean postgresIsInterrupted;

    @AfterEach
    void resume() {
        if (redisIsInterrupted) {
            resumeRedis();
        }
        if (postgresIsInterrupted) {
            resumePostgres();
        }
    }

    @Test
    void good_keys_survive_the_loss_of_all_that_redis_held_and_are_put_back() {
        Answer good = node.issue(LONG);
        Answer revoked = node.issue(LONG);
        node.admin().delete("/v1/keys/" + revoked.text("id"));
        Answer rotated = node.issue(LONG);
        Answer successor = node.admin().post("/v1/keys/" + rotated.text("id") + "/rotate", "{\"grace\":\"PT0S\"}");
        Answer expired = node.issue(Duration.ofSeconds(1));
        await().atMost(10, SECONDS).until(() -> check(expired).status() == 401);

        stores.redis(commands -> commands.flushall());

        assertThat(check(good).status()).isEqualTo(200);
        assertInvalidToken(check(revoked), "KEY_REVOKED");
        assertInvalidToken(check(rotated), "KEY_ROTATED");
        assertThat(check(rotated).text("successorId")).isEqualTo(successor.text("id"));
        assertInvalidToken(check(expired), "KEY_EXPIRED");
        assertInvalidToken(checkUnissued(), "KEY_UNKNOWN");
        byte[] name = RedisName.of(good.text("key"));
        await().atMost(5, SECONDS).until(() -> stores.redis(commands -> commands.exists(name)) == 1);
        node.awaitKnownToRedis(good.text("key"));
        // Redis is refilled and trusted again; from now on only Redis has the key.
        interruptPostgres();
        assertThat(check(good).status()).isEqualTo(200);
    }

    @Test
    void without_redis_keys_old_and_new_are_accepted_and_still_are_when_it_is_back() {
        Answer before = node.issue(LONG);
        Answer revoked = node.issue(LONG);
        node.admin().delete("/v1/keys/" + revoked.text("id"));

        interruptRedis();
        Answer during = node.issue(LONG);

        assertThat(during.text("enforcement")).isEqualTo("pending");
        assertThat(check(before).status()).isEqualTo(200);
        assertThat(check(during).status()).isEqualTo(200);
        assertInvalidToken(check(revoked), "KEY_REVOKED");
        assertInvalidToken(checkUnissued(), "KEY_UNKNOWN");

        resumeRedis();
        assertThat(check(before).status()).isEqualTo(200);
        assertThat(check(during).status()).isEqualTo(200);
        assertInvalidToken(check(revoked), "KEY_REVOKED");
        Answer after = node.issue(LONG);
        assertThat(after.text("enforcement")).isEqualTo("applied");
        assertThat(check(after).status()).isEqualTo(200);
    }

    @Test
    void without_postgres_what_redis_knows_is_answered_and_nothing_else_is_guessed() {
        Answer good = node.issue(LONG);
        Answer revoked = node.issue(LONG);
        node.admin().delete("/v1/keys/" + revoked.text("id"));
        Answer rotated = node.issue(LONG);
        Answer successor = node.admin().post("/v1/keys/" + rotated.text("id") + "/rotate", "{\"grace\":\"PT0S\"}");
        Answer expired = node.issue(Duration.ofSeconds(1));
        await().atMost(10, SECONDS).until(() -> check(expired).status() == 401);

        interruptPostgres();

        assertThat(check(good).status()).isEqualTo(200);
        assertInvalidToken(check(revoked), "KEY_REVOKED");
        assertInvalidToken(check(rotated), "KEY_ROTATED");
        assertThat(check(rotated).text("successorId")).isEqualTo(successor.text("id"));
        assertUnavailable(checkUnissued());
        // The earlier verdict stays in the negative cache for a short time.
        await().atMost(10, SECONDS).untilAsserted(() -> assertUnavailable(check(expired)));
        assertRefused(node.anonymous().get("/check?scope=a", "X-API-Key", good.text("key")), 403, "SCOPE_MISSING");

        resumePostgres();
        await().atMost(10, SECONDS).untilAsserted(() -> assertInvalidToken(checkUnissued(), "KEY_UNKNOWN"));
        await().atMost(10, SECONDS).untilAsserted(() -> assertInvalidToken(check(expired), "KEY_EXPIRED"));
    }

    @Test
    void without_any_store_no_key_is_called_bad_but_what_is_no_key_is() {
        Answer good = node.issue(LONG);

        interruptRedis();
        interruptPostgres();

        assertUnavailable(check(good));
        assertUnavailable(checkUnissued());
        assertUnavailable(node.anonymous().get("/check/x?scope=%22", "X-API-Key", good.text("key")));
        assertInvalidToken(node.anonymous().check("junk"), "KEY_MALFORMED");
        assertRefused(node.anonymous().get("/check"), 401, "KEY_MISSING");

        resumeRedis();
        resumePostgres();
        assertThat(check(good).status()).isEqualTo(200);
    }

    private static void assertUnavailable(Answer answer) {
        assertRefused(answer, 503, "STORE_UNAVAILABLE");
        assertThat(answer.header("Retry-After")).matches("[1-9][0-9]*");
        assertThat(answer.headers().map()).doesNotContainKeys("www-authenticate", "x-key-id");
    }

    private static Answer check(Answer issued) {
        return node.anonymous().check(issued.text("key"));
    }

    private static Answer checkUnissued() {
        return node.anonymous().check(new KeyFormat("kl", List.of()).generate().reveal());
    }

    private void interruptRedis() {
        redisIsInterrupted = true;
        stores.interruptRedis();
    }

    private void interruptPostgres() {
        postgresIsInterrupted = true;
        stores.interruptPostgres();
    }

    private void resumeRedis() {
        stores.resumeRedis();
        redisIsInterrupted = false;
        await().atMost(20, SECONDS).until(() -> isUp("redis"));
    }

    private void resumePostgres() {
        stores.resumePostgres();
        postgresIsInterrupted = false;
        await().atMost(20, SECONDS).until(() -> isUp("postgres"));
    }

    private static boolean isUp(String store) {
        return node.anonymous()
                .get("/health/readiness")
                .json()
                .findPath(store)
                .asText()
                .equals("UP");
    }
}
