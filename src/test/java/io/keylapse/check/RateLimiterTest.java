package io.keylapse.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RateLimiterTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private long now = 5;

    private final RateLimiter rateLimiter = new RateLimiter(100, () -> now);

    private long takeAll(Duration maxWait) {
        return IntStream.range(0, 1_000)
                .filter(_ -> rateLimiter.take(maxWait).isPresent())
                .count();
    }

    @Test
    void a_tenth_of_a_second_passes_at_once_and_then_one_per_interval() {
        // The eleventh is the one that is due now.
        assertThat(takeAll(Duration.ZERO)).isEqualTo(11);
        now += Duration.ofMillis(25).toNanos();
        assertThat(takeAll(Duration.ZERO)).isEqualTo(2);
    }

    @Test
    void a_long_pause_permits_no_larger_burst() {
        takeAll(Duration.ZERO);
        now += Duration.ofHours(1).toNanos();
        assertThat(takeAll(Duration.ZERO)).isEqualTo(11);
    }

    @Test
    void a_call_over_the_rate_waits_for_its_turn_and_one_that_would_wait_too_long_is_refused() {
        takeAll(Duration.ZERO);
        assertThat(rateLimiter.take(SECOND)).hasValue(Duration.ofMillis(10).toNanos());
        assertThat(rateLimiter.take(SECOND)).hasValue(Duration.ofMillis(20).toNanos());
        assertThat(takeAll(SECOND)).isEqualTo(98);
        assertThat(rateLimiter.take(SECOND)).isEmpty();
    }
}
