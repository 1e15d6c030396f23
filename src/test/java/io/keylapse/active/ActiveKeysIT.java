package io.keylapse.active;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.active.ActiveEntry.Live;
import io.keylapse.active.ActiveEntry.Tombstone;
import io.keylapse.active.ActiveKeys.Written;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.key.KeyFormat;
import io.keylapse.key.KeyId;
import io.keylapse.key.KeyName;
import io.keylapse.key.KeyState;
import io.lettuce.core.api.sync.RedisCommands;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** {@code apply.lua} in a real Redis. */
class ActiveKeysIT {
    private static final KeyFormat FORMAT = new KeyFormat("kl", List.of());

    private static final Node node = Node.shared().awaitRedisFollowed();
    private static final ActiveKeys keys = node.bean(ActiveKeys.class);
    private static final RedisCommands<byte[], byte[]> redis = Stores.shared().redis();

    private final KeyName name = FORMAT.generate().digest().name();
    private final KeyId id = KeyId.generate(Instant.now());

    @Test
    void live_key_is_kept_until_exactly_its_deadline() {
        Live live = live(1, in(Duration.ofHours(1)));

        assertThat(apply(live)).isEqualTo(Written.EXACTLY);

        assertThat(find()).isEqualTo(live);
        assertThat(redis.pexpiretime(redisName())).isEqualTo(millis(live.expiresAt()));
    }

    @Test
    void live_key_is_gone_after_its_deadline() {
        apply(live(1, in(Duration.ofMillis(300))));

        await().atMost(5, SECONDS).until(() -> find() == null);
    }

    @Test
    void key_that_never_expires_is_kept_for_ever() {
        apply(live(1, null));

        assertThat(redis.pttl(redisName())).isEqualTo(-1);
    }

    @Test
    void older_version_never_replaces_a_newer_one() {
        Live newer = live(3, in(Duration.ofHours(2)));
        apply(newer);

        assertThat(apply(live(2, in(Duration.ofHours(1))))).isEqualTo(Written.NEWER_IS_THERE);
        assertThat(apply(new Tombstone(id, 2, KeyState.REVOKED, Instant.ofEpochMilli(1), null)))
                .isEqualTo(Written.NEWER_IS_THERE);

        assertThat(find()).isEqualTo(newer);
        assertThat(redis.pexpiretime(redisName())).isEqualTo(millis(newer.expiresAt()));
    }

    @Test
    void same_version_with_other_contents_gives_way() {
        apply(live(3, in(Duration.ofHours(2))));
        Live other = live(3, in(Duration.ofHours(1)));

        assertThat(apply(other)).isEqualTo(Written.EXACTLY);
        assertThat(find()).isEqualTo(other);
        assertThat(apply(other)).isEqualTo(Written.EXACTLY);

        var tombstone = new Tombstone(id, 3, KeyState.REVOKED, Instant.ofEpochMilli(1), null);
        assertThat(apply(tombstone)).isEqualTo(Written.EXACTLY);
        assertThat(find()).isEqualTo(tombstone);
    }

    @Test
    void an_end_does_not_give_way_to_a_live_key_of_the_same_version() {
        var tombstone = new Tombstone(id, 3, KeyState.REVOKED, Instant.ofEpochMilli(1), null);
        apply(tombstone);

        assertThat(apply(live(3, in(Duration.ofHours(1))))).isEqualTo(Written.END_IS_THERE);
        assertThat(find()).isEqualTo(tombstone);
    }

    @Test
    void versions_are_compared_as_numbers() {
        apply(live(255, in(Duration.ofHours(1))));
        apply(live(256, in(Duration.ofHours(2))));
        apply(live(70_000, in(Duration.ofHours(3))));
        apply(live(9, in(Duration.ofHours(4))));

        assertThat(found().version()).isEqualTo(70_000);
    }

    @Test
    void newer_version_replaces_and_prolongs() {
        apply(live(1, in(Duration.ofMinutes(1))));
        Live renewed = live(2, in(Duration.ofHours(5)));

        assertThat(apply(renewed)).isEqualTo(Written.EXACTLY);

        assertThat(find()).isEqualTo(renewed);
        assertThat(redis.pexpiretime(redisName())).isEqualTo(millis(renewed.expiresAt()));
    }

    @Test
    void deadline_taken_away_is_taken_away_in_redis() {
        apply(live(1, in(Duration.ofMinutes(1))));
        apply(live(2, null));

        assertThat(redis.pttl(redisName())).isEqualTo(-1);
    }

    @Test
    void tombstone_replaces_a_key_and_far_outlives_every_late_write() {
        apply(live(1, in(Duration.ofSeconds(1))));
        var tombstone =
                new Tombstone(id, 2, KeyState.ROTATED, Instant.ofEpochMilli(1_000), KeyId.generate(Instant.now()));

        assertThat(apply(tombstone)).isEqualTo(Written.EXACTLY);

        assertThat(find()).isEqualTo(tombstone);
        assertThat(redis.pttl(redisName()))
                .isBetween(
                        WriteDeadline.ALLOWANCE.multipliedBy(10).toMillis(), ActiveKeys.TOMBSTONE_LIFETIME.toMillis());
        assertThat(apply(live(1, in(Duration.ofHours(1))))).isEqualTo(Written.NEWER_IS_THERE);
        assertThat(find()).isEqualTo(tombstone);
    }

    @Test
    void shortened_key_is_kept_long_enough_that_no_older_write_brings_it_back() {
        Instant long_ = in(Duration.ofHours(1));
        apply(live(1, long_));
        Live shortened = live(2, in(Duration.ofMillis(1)));

        apply(shortened);

        assertThat(redis.pttl(redisName())).isGreaterThan(WriteDeadline.ALLOWANCE.toMillis());
        apply(live(1, long_));
        assertThat(find()).isEqualTo(shortened);
    }

    @Test
    void write_after_its_deadline_is_refused() {
        assertThat(apply(live(1, in(Duration.ofHours(1))), late())).isEqualTo(Written.TOO_LATE);
        assertThat(find()).isNull();

        Live live = live(1, in(Duration.ofHours(1)));
        apply(live);
        assertThat(apply(live(2, in(Duration.ofHours(2))), late())).isEqualTo(Written.TOO_LATE);
        assertThat(find()).isEqualTo(live);
    }

    @Test
    void late_write_cannot_bring_back_a_key_whose_tombstone_was_lost() {
        apply(new Tombstone(id, 2, KeyState.REVOKED, Instant.ofEpochMilli(1), null));
        redis.del(redisName());

        assertThat(apply(live(1, in(Duration.ofHours(1))), late())).isEqualTo(Written.TOO_LATE);

        assertThat(find()).isNull();
    }

    @Test
    void write_in_time_is_accepted_after_redis_forgot_keys_and_scripts() {
        apply(live(1, in(Duration.ofHours(1))));
        redis.del(redisName());
        redis.scriptFlush();

        assertThat(apply(live(2, in(Duration.ofHours(1))))).isEqualTo(Written.EXACTLY);

        assertThat(found().version()).isEqualTo(2);
    }

    @Test
    void deadline_of_a_write_is_five_seconds_after_it_was_begun() {
        long before = System.nanoTime();
        WriteDeadline deadline = WriteDeadline.startingNow();
        long after = System.nanoTime();

        assertThat(deadline.nanoTime())
                .isBetween(before + WriteDeadline.ALLOWANCE.toNanos(), after + WriteDeadline.ALLOWANCE.toNanos());
        assertThat(late().millisLeft()).isNegative();
    }

    @Test
    void touch_makes_redis_drop_what_is_due_and_counts_what_is_left() {
        KeyName due = FORMAT.generate().digest().name();
        apply(live(1, in(Duration.ofHours(1))));
        join(keys.apply(due, live(1, in(Duration.ofMillis(50))), WriteDeadline.startingNow()));

        await().atMost(5, SECONDS).until(() -> join(keys.touch(List.of(name, due))) == 1);
    }

    private Written apply(ActiveEntry entry) {
        return apply(entry, WriteDeadline.startingNow());
    }

    private Written apply(ActiveEntry entry, WriteDeadline deadline) {
        return join(keys.apply(name, entry, deadline));
    }

    private @Nullable ActiveEntry find() {
        return stored().orElse(null);
    }

    private ActiveEntry found() {
        return stored().orElseThrow();
    }

    /** The stored entry, whether or not it would be trusted. */
    private Optional<ActiveEntry> stored() {
        return node.bean(StoredEntries.class).read(List.of(name)).getFirst().entry();
    }

    private static <T> T join(CompletionStage<T> stage) {
        return stage.toCompletableFuture().join();
    }

    private byte[] redisName() {
        return node.bean(RedisNames.class).encode(name);
    }

    private Live live(int version, @Nullable Instant expiresAt) {
        return new Live(id, version, expiresAt, "owner", List.of("a", "b"));
    }

    private static WriteDeadline late() {
        return new WriteDeadline(System.nanoTime() - Duration.ofMillis(100).toNanos());
    }

    /** An instant by Redis's clock, in whole milliseconds. */
    private static Instant in(Duration ahead) {
        return Instant.ofEpochMilli(join(keys.refreshClock())).plus(ahead);
    }

    private static long millis(@Nullable Instant instant) {
        return instant == null ? 0 : instant.toEpochMilli();
    }
}
