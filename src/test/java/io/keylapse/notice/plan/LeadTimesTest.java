package io.keylapse.notice.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.keylapse.key.input.IsoDuration;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LeadTimesTest {
    private static final Instant ISSUED = Instant.parse("2030-01-01T00:00:00Z");

    private final LeadTimes leadTimes =
            new LeadTimes(new NoticeSettings(true, List.of("P30D", "P7D", "P1D"), Duration.ofDays(90), null));

    @ParameterizedTest
    @CsvSource({
        "P366D, P30D P7D P1D",
        "P60D,  P30D P7D P1D",
        "P30D,  P7D P1D",
        "P7D,   P1D",
        "P2D,   P1D",
        "P1D,   PT6H",
        "PT12H, PT3H",
        "PT1H,  PT15M",
        "PT20M, PT5M",
        "PT5M,  PT1M",
        "PT1M,  ''",
    })
    void long_lived_keys_have_the_usual_lead_times_and_short_lived_ones_one_of_their_own(
            Duration life, String expected) {
        assertThat(leadTimes.of(null, life).stream().map(LeadTimesTest::text))
                .containsExactlyElementsOf(words(expected));
    }

    @Test
    void chosen_times_are_as_chosen_but_for_those_longer_than_the_life() {
        assertThat(leadTimes.of(List.of(Duration.ofDays(10), Duration.ofHours(3)), Duration.ofDays(5)))
                .containsExactly(Duration.ofHours(3));
        assertThat(leadTimes.of(List.of(), Duration.ofDays(365))).isEmpty();
    }

    @Test
    void a_chosen_time_as_long_as_the_life_is_left_out() {
        assertThat(leadTimes.of(List.of(Duration.ofDays(5)), Duration.ofDays(5)))
                .isEmpty();
    }

    @Test
    void all_that_a_key_may_have_are_the_usual_times_and_the_shorter_ones() {
        assertThat(leadTimes.all())
                .contains(Duration.ofDays(30), Duration.ofDays(7), Duration.ofDays(1))
                .contains(Duration.ofDays(3), Duration.ofMinutes(1))
                .hasSize(12);
    }

    @Test
    void of_several_that_have_come_the_last_is_due() {
        Instant deadline = ISSUED.plus(Duration.ofDays(90));
        assertThat(leadTimes.latestDue(null, ISSUED, deadline, deadline.minus(Duration.ofDays(31))))
                .isEmpty();
        assertThat(leadTimes.latestDue(null, ISSUED, deadline, deadline.minus(Duration.ofDays(8))))
                .contains(Duration.ofDays(30));
        assertThat(leadTimes.latestDue(null, ISSUED, deadline, deadline.minus(Duration.ofHours(1))))
                .contains(Duration.ofDays(1));
    }

    @Test
    void no_usual_times_are_no_warnings() {
        var none = new LeadTimes(new NoticeSettings(true, List.of(), Duration.ofDays(90), null));
        assertThat(none.of(null, Duration.ofHours(1))).isEmpty();
        assertThat(none.all()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"30 days", "PT10S", "P1M", "-P1D"})
    void setting_that_makes_no_sense_is_refused_by_name(String text) {
        assertThatThrownBy(() -> new NoticeSettings(true, List.of(text), Duration.ofDays(90), null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("keylapse.notices.lead-times")
                .hasMessageContaining(text);
    }

    private static List<String> words(String text) {
        return text.isEmpty() ? List.of() : List.of(text.split(" "));
    }

    private static String text(Duration duration) {
        return IsoDuration.format(duration);
    }
}
