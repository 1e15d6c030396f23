package io.keylapse.notice.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class PayloadTest {
    @Test
    void instants_have_milliseconds_also_where_they_are_none() {
        assertThat(Payload.test(Instant.parse("2026-07-01T12:00:05Z")))
                .contains("\"timestamp\":\"2026-07-01T12:00:05.000Z\"");
        assertThat(Payload.test(Instant.parse("2026-07-01T12:00:05.123987Z")))
                .contains("\"timestamp\":\"2026-07-01T12:00:05.123Z\"");
    }
}
