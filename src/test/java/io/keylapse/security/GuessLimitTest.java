package io.keylapse.security;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.InetAddress;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class GuessLimitTest {
    private static final InetAddress ADDRESS = InetAddress.getLoopbackAddress();

    private static GuessLimit limit(Duration window) {
        return new GuessLimit(new SecuritySettings(null, null, null, 2, window));
    }

    @Test
    void an_address_is_limited_after_the_permitted_number_of_bad_credentials() {
        GuessLimit limit = limit(Duration.ofHours(1));
        assertThat(limit.bad(ADDRESS)).isEmpty();
        assertThat(limit.wait(ADDRESS)).isEmpty();
        assertThat(limit.bad(ADDRESS)).isEmpty();
        assertThat(limit.wait(ADDRESS))
                .hasValueSatisfying(left -> assertThat(left).isPositive());
        assertThat(limit.bad(ADDRESS))
                .hasValueSatisfying(left -> assertThat(left).isPositive());
    }

    @Test
    void a_window_ends_even_if_bad_credentials_keep_arriving() {
        GuessLimit limit = limit(Duration.ofMillis(200));
        var often = await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(10))
                .atMost(10, SECONDS);
        often.until(() -> limit.bad(ADDRESS).isPresent());
        often.until(() -> limit.bad(ADDRESS).isEmpty());
    }
}
