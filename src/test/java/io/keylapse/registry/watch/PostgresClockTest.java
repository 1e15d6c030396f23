package io.keylapse.registry.watch;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** The estimates of Postgres's clock. Queries seem slow here because they are said to have been sent long ago. */
class PostgresClockTest {
    private static final Instant TIME = Instant.parse("2027-01-01T00:00:00Z");
    private static final Duration SLOW = Duration.ofMinutes(10);

    private final PostgresClock clock = new PostgresClock(Clock.systemUTC(), new SimpleMeterRegistry());

    private void read(Instant postgres, Duration took) {
        clock.observe(postgres, System.nanoTime() - took.toNanos());
    }

    private Instant notAfter() {
        return clock.instantNotAfter(System.nanoTime());
    }

    @Test
    void the_clock_is_never_behind_after_a_slow_query() {
        read(TIME, SLOW);
        assertThat(clock.instant()).isAfterOrEqualTo(TIME.plus(SLOW));
    }

    @Test
    void what_is_not_after_the_clock_is_not_ahead_after_a_slow_query() {
        read(TIME, SLOW);
        assertThat(notAfter()).isBetween(TIME, TIME.plus(SLOW));
    }

    @Test
    void a_slow_query_does_not_put_back_what_a_quick_one_read_before() {
        read(TIME.plus(SLOW), Duration.ZERO);
        read(TIME, SLOW.multipliedBy(2));
        assertThat(notAfter()).isAfterOrEqualTo(TIME.plus(SLOW));
    }

    @Test
    void a_reading_is_precise_once_a_query_was_quick() {
        assertThat(clock.isPrecise()).isFalse();
        read(TIME, SLOW);
        assertThat(clock.isPrecise()).isFalse();
        read(TIME.plus(SLOW), Duration.ZERO);
        assertThat(clock.isPrecise()).isTrue();
        read(TIME, SLOW.multipliedBy(2));
        assertThat(clock.isPrecise()).isTrue();
    }

    @Test
    void a_clock_that_was_set_back_is_followed() {
        read(TIME.plus(SLOW), Duration.ZERO);
        read(TIME, Duration.ZERO);
        assertThat(notAfter()).isBefore(TIME.plus(SLOW));
    }
}
