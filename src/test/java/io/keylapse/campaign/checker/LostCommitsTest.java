package io.keylapse.campaign.checker;

import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.campaign.log.Change.Outcome;
import org.junit.jupiter.api.Test;

/**
 * The final content of the stores when Postgres has lost commits: it must have what was acknowledged before the lag,
 * which begins at 10 s, and after the promotion; what was acknowledged in between may be missing. The stores are read
 * at 1,000 s.
 */
class LostCommitsTest {
    private final History history = new History();

    @Test
    void p1_allows_a_key_and_a_change_to_be_missing_that_a_fail_over_may_have_lost() {
        history.issue(10.1, 11, 2_000).loss(10, 12, 13).gone();
        assertThat(history.broken()).isEmpty();
    }

    @Test
    void p1_a_key_from_before_the_lag_is_missing() {
        history.issue(9, 10, 2_000).loss(10, 12, 13).gone();
        assertThat(history.broken()).containsExactly("P1");
    }

    @Test
    void p1_a_key_from_after_the_promotion_is_missing() {
        history.issue(13, 14, 2_000).loss(10, 12, 13).gone();
        assertThat(history.broken()).containsExactly("P1");
    }

    @Test
    void p1_allows_a_renewal_to_be_missing_that_a_fail_over_may_have_lost() {
        history.issue(0, 1, 20).renew(11, 12, 2_000, 2, Outcome.OK).loss(10, 12, 13);
        history.row("expired", 1, 20).ending(1, "expired", 20, 20.1);
        assertThat(history.broken()).isEmpty();
    }

    @Test
    void p1_a_renewal_from_after_the_promotion_is_missing() {
        history.issue(0, 1, 20).renew(13, 14, 2_000, 2, Outcome.OK).loss(10, 12, 13);
        history.row("expired", 1, 20).ending(1, "expired", 20, 20.1);
        assertThat(history.broken()).contains("P1");
    }

    @Test
    void p2_allows_an_ending_to_be_recorded_again_whose_row_a_fail_over_lost() {
        history.issue(0, 1, 10.5).loss(10, 20, 21);
        history.row("expired", 1, 10.5).ending(1, "expired", 10.5, 22.9);
        assertThat(history.broken()).isEmpty();
    }

    @Test
    void p2_an_ending_is_recorded_late_after_a_fail_over() {
        history.issue(0, 1, 10.5).loss(10, 20, 21);
        history.row("expired", 1, 10.5).ending(1, "expired", 10.5, 25.1);
        assertThat(history.broken()).contains("P2");
    }

    @Test
    void p2_an_ending_that_a_fail_over_lost_is_never_recorded_again() {
        history.issue(0, 1, 10.5).loss(10, 20, 21).row("active", 1, 10.5);
        assertThat(history.broken()).containsExactly("P2");
    }

    @Test
    void p7_redis_keeps_a_key_that_a_fail_over_lost() {
        history.issue(10.1, 11, 2_000).loss(10, 12, 13).gone().inRedis(true, 1, 2_000);
        assertThat(history.broken()).containsExactly("P7");
    }
}
