package io.keylapse.sync;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.active.ActiveEntry;
import io.keylapse.active.ActiveKeys;
import io.keylapse.active.WriteDeadline;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.registry.ChangeLog;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Data loss in Redis is noticed; Redis is then not trusted, and is repaired from Postgres. */
class ResyncIT {
    private static final Stores stores = Stores.own();
    private static final Node node = Node.start(stores, Map.of());
    private static final Keys.Redis redis = new Keys.Redis(stores);

    @BeforeEach
    void awaitTrust() {
        awaitMark();
    }

    private static void awaitMark() {
        await().atMost(20, SECONDS)
                .until(() -> redis.mark() == node.bean(ChangeLog.class).horizon());
    }

    @Test
    void emptied_redis_is_filled_again_by_itself() {
        List<Answer> keys =
                Stream.generate(() -> Keys.issue(node, "P1D")).limit(20).toList();
        Answer revoked = Keys.issue(node, "P1D");
        Keys.revoke(node, revoked);

        redis.commands().flushall();

        awaitMark();
        assertThat(keys)
                .allSatisfy(key -> assertThat(redis.version(key.text("key"))).isEqualTo(1));
        assertThat(redis.version(revoked.text("key"))).isEqualTo(2);
        assertThat(Keys.check(node, revoked).status()).isEqualTo(401);
    }

    @Test
    void redis_restored_from_a_backup_accepts_nothing_revoked_shortened_or_expired_since() {
        Answer revoked = Keys.issue(node, "P1D");
        Answer shortened = Keys.issue(node, "P1D");
        Answer untouched = Keys.issue(node, "P1D");
        awaitMark();
        List<byte[][]> backup = redis.commands().keys("*").stream()
                .map(name -> new byte[][] {name, redis.commands().get(name)})
                .toList();
        Keys.revoke(node, revoked);
        node.admin().post("/v1/keys/" + shortened.text("id") + "/renew", "{\"ttl\":\"PT1S\"}");
        await().atMost(5, SECONDS).until(() -> Keys.check(node, shortened).status() == 401);
        awaitMark();

        redis.commands().multi();
        redis.commands().flushall();
        backup.forEach(entry -> redis.commands().set(entry[0], entry[1]));
        redis.commands().exec();

        // A node that does not know the changes since then must not trust this Redis either.
        try (Node stranger = Node.start(stores, Map.of())) {
            assertThat(Keys.check(stranger, revoked).header("X-Key-Code")).isEqualTo("KEY_REVOKED");
            assertThat(Keys.check(stranger, shortened).header("X-Key-Code")).isEqualTo("KEY_EXPIRED");
            assertThat(Keys.check(stranger, untouched).status()).isEqualTo(200);
        }
        awaitMark();
        assertThat(redis.version(revoked.text("key"))).isEqualTo(2);
    }

    @Test
    void redis_without_a_mark_is_compared_and_repaired_before_it_is_trusted() {
        Answer revoked = Keys.issue(node, "P1D");
        byte[] good = redis.get(revoked.text("key"));
        Keys.revoke(node, revoked);
        Answer invented = Keys.issue(node, "P1D");
        byte[] tooNew = redis.get(invented.text("key")).clone();
        tooNew[4] = 9;
        awaitMark();

        redis.set(revoked.text("key"), good);
        redis.set(invented.text("key"), tooNew);
        redis.commands().set(unknown(), good);
        redis.removeMark();

        awaitMark();
        assertThat(redis.version(revoked.text("key"))).isEqualTo(2);
        assertThat(redis.version(invented.text("key"))).isEqualTo(1);
        assertThat(redis.commands().get(unknown())).isNull();
    }

    @Test
    void the_same_version_with_other_contents_is_put_right_once_the_key_is_written_again() {
        Answer key = Keys.issue(node, "P1D");
        awaitMark();
        long before = redis.mark();
        byte[] good = redis.get(key.text("key")).clone();
        assertThat(Keys.revoke(node, key).text("enforcement")).isEqualTo("applied");
        awaitMark();
        byte[] tombstone = redis.get(key.text("key"));
        good[4] = 2;
        redis.set(key.text("key"), good);

        // From that position on, the follower writes the changes again.
        redis.setMark(redis.markText().replaceFirst("\\d+$", Long.toString(before)));

        awaitMark();
        assertThat(redis.get(key.text("key"))).isEqualTo(tombstone);
    }

    private static byte[] unknown() {
        return "kl:sixteen bytes...".getBytes(UTF_8);
    }

    @Test
    void revoked_key_whose_tombstone_a_failover_lost_is_refused_and_written_again() {
        Answer key = Keys.issue(node, "P1D");
        awaitMark();
        byte[] good = redis.get(key.text("key"));
        String mark = redis.markText();
        assertThat(Keys.revoke(node, key).text("enforcement")).isEqualTo("applied");
        awaitMark();

        // The content of a replica that was promoted a moment too early.
        redis.set(key.text("key"), good);
        redis.setMark(mark);

        await().atMost(2, SECONDS).until(() -> {
            assertThat(Keys.check(node, key).status()).isEqualTo(401);
            return redis.version(key.text("key")) == 2;
        });
    }

    @Test
    void refill_read_before_a_revocation_that_arrives_after_a_flush_revives_nothing() {
        Answer key = Keys.issue(node, "P1D");
        ActiveKeys active = node.bean(ActiveKeys.class);
        ActiveEntry readBefore = await().until(
                        () -> active.find(Keys.name(key)).toCompletableFuture().join(), Optional::isPresent)
                .orElseThrow();
        var deadline = WriteDeadline.startingNow();
        Keys.revoke(node, key);
        try (Node other = Node.start(stores, Map.of())) {
            redis.commands().flushall();

            active.apply(Keys.name(key), readBefore, deadline)
                    .toCompletableFuture()
                    .join();

            assertThat(Keys.check(node, key).status()).isEqualTo(401);
            assertThat(Keys.check(other, key).status()).isEqualTo(401);
            awaitMark();
            assertThat(redis.version(key.text("key"))).isEqualTo(2);
            assertThat(Keys.check(other, key).status()).isEqualTo(401);
        }
    }

    @Test
    void redis_that_is_ahead_of_a_restored_postgres_is_rebuilt() {
        Answer key = Keys.issue(node, "P1D");
        awaitMark();
        redis.setMark(redis.markText().replaceFirst("\\d+$", "999999999"));

        awaitMark();
        assertThat(Keys.check(node, key).status()).isEqualTo(200);
    }

    @Test
    void rebuild_that_was_left_behind_is_taken_up_by_another_node() {
        Keys.issue(node, "P1D");
        awaitMark();
        redis.setMark(redis.markText().replaceFirst("^\\d+ (.*) at \\d+$", "1 $1 rebuilding somebody"));

        awaitMark();
    }
}
