package io.keylapse.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RateLimiterTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    void a_call_over_the_rate_waits_and_one_that_would_wait_too_long_is_refused() {
        var rateLimiter = new RateLimiter(1);
        assertThat(rateLimiter.take(Duration.ZERO)).hasValue(0);
        assertThat(rateLimiter.take(Duration.ZERO)).isEmpty();
        assertThat(rateLimiter.take(SECOND).orElseThrow()).isBetween(1L, SECOND.toNanos());
        assertThat(rateLimiter.take(SECOND)).isEmpty();
        assertThat(rateLimiter.take(SECOND.multipliedBy(2)).orElseThrow())
                .isGreaterThan(SECOND.dividedBy(2).toNanos());
    }

    @Test
    void a_burst_is_limited_to_a_tenth_of_a_second_even_after_a_long_pause() throws InterruptedException {
        var rateLimiter = new RateLimiter(100);
        Thread.sleep(300);
        // Eleven pass at once, 10 ms apart from 100 ms ago; each 10 ms that the test takes permits one more.
        assertThat(IntStream.range(0, 1_000)
                        .filter(_ -> rateLimiter.take(Duration.ZERO).isPresent()))
                .hasSizeBetween(10, 60);
    }
}
