package io.keylapse.active.trust;

import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.key.KeyName;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class VersionFloorsTest {
    private static final int MAX_KEYS = 3;

    private static KeyName name(int key) {
        var bytes = new byte[KeyName.LENGTH];
        bytes[0] = (byte) key;
        return new KeyName(bytes);
    }

    /** Five keys, changed one after the other at the positions 1 to 5. */
    private static VersionFloors afterFive(Duration tooYoung) {
        var changes = new VersionFloors(MAX_KEYS, tooYoung);
        changes.beginAt(0);
        for (int key = 1; key <= 5; key++) {
            changes.learn(key, name(key), 2);
        }
        return changes;
    }

    @Test
    void the_oldest_give_way_and_it_admits_that_they_did() {
        VersionFloors changes = afterFive(Duration.ofNanos(-1));
        assertThat(changes.isOutOfDate(name(2), 1)).isFalse();
        assertThat(changes.completeSince()).isEqualTo(2);
        assertThat(changes.isOutOfDate(name(3), 1)).isTrue();
    }

    @Test
    void the_young_are_remembered_however_many_they_are() {
        VersionFloors changes = afterFive(Duration.ofDays(1));
        assertThat(changes.completeSince()).isZero();
        assertThat(changes.isOutOfDate(name(1), 1)).isTrue();
    }

    @Test
    void a_version_is_out_of_date_once_a_later_one_is_known() {
        var changes = new VersionFloors(MAX_KEYS, Duration.ZERO);
        changes.raise(name(1), 3);
        assertThat(changes.isOutOfDate(name(1), 2)).isTrue();
        assertThat(changes.isOutOfDate(name(1), 3)).isFalse();
        assertThat(changes.learn(7, name(1), 2)).isFalse();
        assertThat(changes.isOutOfDate(name(1), 2)).isTrue();
    }

    @Test
    void checks_and_changes_need_the_next_read_of_the_feed() {
        var changes = new VersionFloors(MAX_KEYS, Duration.ZERO);
        assertThat(changes.takeNeeded()).isFalse();

        changes.isOutOfDate(name(1), 1);
        assertThat(changes.takeNeeded()).isTrue();
        assertThat(changes.takeNeeded()).isFalse();

        changes.raise(name(1), 1);
        assertThat(changes.takeNeeded()).isTrue();

        changes.seenSince(System.nanoTime(), Duration.ofMinutes(1));
        assertThat(changes.takeNeeded()).isTrue();

        changes.caughtUp(Duration.ZERO);
        assertThat(changes.takeNeeded()).isTrue();
    }

    @Test
    void a_check_that_waits_for_the_next_look_goes_on_in_another_thread_than_the_feeds() {
        var changes = new VersionFloors(MAX_KEYS, Duration.ZERO);
        CompletableFuture<Thread> answeredBy = changes.seenSince(System.nanoTime(), Duration.ofMinutes(1))
                .thenApply(_ -> Thread.currentThread())
                .toCompletableFuture();

        changes.confirm(System.nanoTime());

        assertThat(answeredBy).succeedsWithin(Duration.ofSeconds(10)).isNotEqualTo(Thread.currentThread());
    }
}
