package io.keylapse.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.active.redis.Primary;
import org.junit.jupiter.api.Test;

class FailedRebuildsTest {
    private static final Primary PRIMARY = new Primary("redis", "");

    private final FailedRebuilds failed = new FailedRebuilds();

    @Test
    void a_rebuild_that_failed_is_not_tried_again_at_once() {
        assertThat(failed.isDue(PRIMARY)).isTrue();
        failed.add(PRIMARY, "no room");
        assertThat(failed.isDue(PRIMARY)).isFalse();
        failed.clear(PRIMARY);
        assertThat(failed.isDue(PRIMARY)).isTrue();
    }

    @Test
    void a_reason_is_reported_once_until_it_changes() {
        assertThat(failed.add(PRIMARY, "no room")).isTrue();
        assertThat(failed.add(PRIMARY, "no room")).isFalse();
        assertThat(failed.add(PRIMARY, "no answer")).isTrue();
        failed.clear(PRIMARY);
        assertThat(failed.has(PRIMARY)).isFalse();
        assertThat(failed.add(PRIMARY, "no answer")).isTrue();
    }
}
