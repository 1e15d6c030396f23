package io.keylapse.notice.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RetryAfterTest {
    private static final Instant NOW = Instant.parse("2026-11-29T12:00:00Z");

    @ParameterizedTest
    @CsvSource({
        "0, PT0S",
        "120, PT2M",
        "' 120 ', PT2M",
        "0000000000060, PT16666666M39S",
        "99999999999999999999, PT16666666M39S"
    })
    void seconds_are_understood_and_too_many_are_very_many(String header, Duration pause) {
        assertThat(RetryAfter.of(header, null, NOW)).isEqualTo(pause);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Sun, 29 Nov 2026 12:10:00 GMT",
                "Sunday, 29-Nov-26 12:10:00 GMT",
                "Sun Nov 29 12:10:00 2026",
                "  Sun, 29 Nov 2026 12:10:00 GMT  ",
            })
    void date_is_understood_in_each_form_of_http(String header) {
        assertThat(RetryAfter.of(header, null, NOW)).isEqualTo(Duration.ofMinutes(10));
    }

    @Test
    void day_of_one_digit_is_understood_as_asctime_writes_it() {
        Instant december = Instant.parse("2026-12-06T12:00:00Z");
        assertThat(RetryAfter.of("Sun Dec  6 12:00:30 2026", null, december)).isEqualTo(Duration.ofSeconds(30));
    }

    @Test
    void date_is_counted_from_the_receivers_own_clock() {
        String date = "Sun, 06 Nov 1994 08:49:37 GMT";
        assertThat(RetryAfter.of("Sun, 06 Nov 1994 08:50:37 GMT", date, NOW)).isEqualTo(Duration.ofMinutes(1));
        assertThat(RetryAfter.of("Sun, 29 Nov 2026 12:10:00 GMT", "yesterday", NOW))
                .isEqualTo(Duration.ofMinutes(10));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Sun, 29 Nov 2026 12:00:00 GMT",
                "Sun, 06 Nov 1994 08:49:37 GMT",
                "Sunday, 06-Nov-94 08:49:37 GMT"
            })
    void date_that_is_over_asks_for_nothing(String header) {
        assertThat(RetryAfter.of(header, null, NOW)).isNull();
    }

    @Test
    void date_far_ahead_is_a_long_pause() {
        assertThat(RetryAfter.of("Fri, 31 Dec 9999 23:59:59 GMT", null, NOW)).isGreaterThan(Duration.ofDays(1));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "-1",
                "+5",
                "1.5",
                "1e3",
                "١٢",
                "soon",
                "2026-11-29T12:10:00Z",
                "Mon, 29 Nov 2026 12:10:00 GMT",
                "Sun, 31 Nov 2026 12:10:00 GMT",
                "Sun, 29 Nov 2026 25:10:00 GMT",
                "Sun, 29 Nov 99999999999999 12:10:00 GMT",
                "120, 240",
                "Sun, 29 Nov 2026 12:10:00 GMT; and a text that is longer than any date could ever be written"
            })
    void what_cannot_be_read_asks_for_nothing(String header) {
        assertThat(RetryAfter.of(header, header, NOW)).isNull();
    }

    @Test
    void no_header_asks_for_nothing() {
        assertThat(RetryAfter.of(null, null, NOW)).isNull();
    }
}
