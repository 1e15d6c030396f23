package io.keylapse.registry.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StatementTimeoutsTest {
    @ParameterizedTest
    @CsvSource({"PT0S, 1", "PT0.001S, 1", "PT1S, 1", "PT1.001S, 2", "PT25S, 25"})
    void a_timeout_is_rounded_up_to_whole_seconds_and_never_zero(Duration patience, int seconds) {
        assertThat(StatementTimeouts.wholeSeconds(patience)).isEqualTo(seconds);
    }
}
