package io.keylapse.key.input;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class Rfc3339Test {
    private static final Instant FIRST = Instant.parse("0001-01-01T00:00:00Z");
    private static final Instant LAST = Instant.parse("9999-12-31T23:59:59.999Z");

    @ParameterizedTest
    @CsvSource({
        "2027-01-02T03:04:05.006007Z, 2027-01-02T03:04:05.006Z",
        "2027-10-20T10:20:30Z, 2027-10-20T10:20:30.000Z",
        "1969-12-31T23:59:59.999999999Z, 1969-12-31T23:59:59.999Z",
        "0001-01-01T00:00:00Z, 0001-01-01T00:00:00.000Z",
        "9999-12-31T23:59:59.999Z, 9999-12-31T23:59:59.999Z",
        "0000-12-31T23:59:59.999Z, 0000-12-31T23:59:59.999Z",
        "-0001-12-31T23:59:59.999Z, -0001-12-31T23:59:59.999Z",
        "+10000-01-01T00:00:00Z, +10000-01-01T00:00:00.000Z"
    })
    void instants_are_written_in_utc_with_milliseconds(Instant instant, String text) {
        assertThat(Rfc3339.format(instant)).isEqualTo(text);
        assertThat(Rfc3339.formatNullable(instant)).isEqualTo(text);
    }

    @Test
    void none_is_null() {
        assertThat(Rfc3339.formatNullable(null)).isNull();
    }

    @Test
    void every_instant_of_the_years_1_to_9999_is_read_back() {
        RandomGenerator random = RandomGenerator.of("L64X128MixRandom");
        for (int i = 0; i < 10_000; i++) {
            Instant instant = Instant.ofEpochMilli(random.nextLong(FIRST.toEpochMilli(), LAST.toEpochMilli() + 1));
            assertThat(Rfc3339.parse(Rfc3339.format(instant))).contains(instant);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "2027-01-02T03:04:05Z, 2027-01-02T03:04:05Z",
        "2027-01-02t03:04:05.1z, 2027-01-02T03:04:05.100Z",
        "2027-01-02T03:04:05.123456789+00:00, 2027-01-02T03:04:05.123456789Z",
        "2027-01-02T03:04:05+05:30, 2027-01-01T21:34:05Z",
        "2027-01-02T03:04:05-05:00, 2027-01-02T08:04:05Z",
        "0001-01-01T00:00:00Z, 0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999Z, 9999-12-31T23:59:59.999Z"
    })
    void any_offset_is_read(String text, Instant instant) {
        assertThat(Rfc3339.parse(text)).contains(instant);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "2027-01-02",
                "2027-01-02T03:04Z",
                "2027-01-02T03:04:05",
                "2027-01-02 03:04:05Z",
                "2027-01-02T03:04:05.Z",
                "2027-01-02T03:04:05+05",
                "2027-01-02T03:04:05+05:30:10",
                "2027-02-30T03:04:05Z",
                "2027-01-02T25:04:05Z",
                "12027-01-02T03:04:05Z",
                "0000-12-31T23:59:59Z",
                "0001-01-01T00:00:00+00:01",
                "9999-12-31T23:59:59.9991Z",
                "9999-12-31T23:59:59-00:01"
            })
    void other_texts_and_instants_outside_the_years_1_to_9999_are_none(String text) {
        assertThat(Rfc3339.parse(text)).isEmpty();
    }
}
