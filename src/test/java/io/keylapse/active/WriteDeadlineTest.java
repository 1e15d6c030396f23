package io.keylapse.active;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WriteDeadlineTest {
    private static final long ALLOWANCE = WriteDeadline.ALLOWANCE.toNanos();

    @Test
    void nothing_is_written_longer_than_the_allowance_after_the_last_ownership_check() {
        var deadline = new WriteDeadline(10 * ALLOWANCE);
        assertThat(deadline.butNotAfter(8 * ALLOWANCE)).isEqualTo(new WriteDeadline(9 * ALLOWANCE));
        assertThat(deadline.butNotAfter(9 * ALLOWANCE)).isEqualTo(deadline);
        assertThat(deadline.butNotAfter(11 * ALLOWANCE)).isEqualTo(deadline);
    }
}
