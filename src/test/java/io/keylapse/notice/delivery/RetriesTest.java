package io.keylapse.notice.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class RetriesTest {
    @Test
    void pauses_grow_from_seconds_to_a_day_and_end_after_ten_attempts() {
        var random = new Random(1);
        Duration all = Duration.ZERO;
        for (int attempts = 1; attempts <= 9; attempts++) {
            all = all.plus(Retries.after(attempts, null, random).orElseThrow());
        }
        assertThat(Retries.after(1, null, random).orElseThrow())
                .isBetween(Duration.ofSeconds(4), Duration.ofSeconds(6));
        assertThat(all).isBetween(Duration.ofHours(60), Duration.ofHours(91));
        assertThat(Retries.after(10, null, random)).isEmpty();
    }

    @Test
    void a_pause_is_up_to_a_fifth_shorter_or_longer() {
        RandomGenerator least = () -> 0;
        RandomGenerator most = () -> -1;
        assertThat(Retries.after(1, null, least)).contains(Duration.ofSeconds(4));
        assertThat(Retries.after(1, null, most)).contains(Duration.ofSeconds(6));
        assertThat(Retries.afterOwnFault(2, least)).isEqualTo(Duration.ofMinutes(4));
    }

    @Test
    void what_failed_together_does_not_come_back_together() {
        var random = new Random(1);
        assertThat(Retries.after(3, null, random)).isNotEqualTo(Retries.after(3, null, random));
    }

    @Test
    void receiver_that_asks_to_be_left_alone_is_for_up_to_a_day() {
        var random = new Random(1);
        assertThat(Retries.after(1, Duration.ofMinutes(10), random)).contains(Duration.ofMinutes(10));
        assertThat(Retries.after(1, Duration.ofDays(30), random)).contains(Duration.ofDays(1));
        assertThat(Retries.after(4, Duration.ofSeconds(1), random).orElseThrow())
                .isGreaterThan(Duration.ofHours(1));
    }

    @Test
    void deliveries_that_fail_for_our_own_reasons_are_retried_every_half_hour_without_end() {
        var random = new Random(1);
        assertThat(Retries.afterOwnFault(1, random)).isBetween(Duration.ofSeconds(4), Duration.ofSeconds(6));
        assertThat(Retries.afterOwnFault(3, random)).isBetween(Duration.ofMinutes(24), Duration.ofMinutes(36));
        assertThat(Retries.afterOwnFault(10_000, random)).isBetween(Duration.ofMinutes(24), Duration.ofMinutes(36));
    }
}
