package io.keylapse.campaign.checker;

import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.campaign.log.Change.Outcome;
import io.keylapse.campaign.log.Fault.Kind;
import io.keylapse.campaign.log.Fault.Store;
import org.junit.jupiter.api.Test;

/**
 * Checks when Postgres has lost what it acknowledged from 10 s on: the old primary was killed at 20 s, and the new one
 * was promoted by 21 s. A node may need 2 s to reach it and 2 s to follow it.
 */
class LossyFailOverTest {
    private static final double SETTLED = 25.1;

    private final History history = new History();

    @Test
    void p4_a_revocation_from_before_the_lag_holds_all_the_same() {
        history.issue(0, 1, 100).revoke(5, 6, Outcome.OK).loss(10, 20, 21);
        history.accepted(0, 20.5, 20.6)
                .accepted(0, SETTLED, 26)
                .row("revoked", 2, 5)
                .ending(2, "revoked", 5, 5);
        assertThat(history.broken()).containsExactly("P4", "P4");
    }

    @Test
    void p4_a_revocation_from_the_lag_holds_until_the_primary_is_killed() {
        history.issue(0, 1, 100).revoke(11, 12, Outcome.OK).loss(10, 20, 21).accepted(0, 14.1, 14.2);
        assertThat(history.broken()).containsExactly("P4");
    }

    @Test
    void p4_allows_a_key_whose_revocation_may_be_lost() {
        history.issue(0, 1, 100).revoke(11, 12, Outcome.OK).loss(10, 20, 21);
        history.accepted(0, 20.1, 20.2).accepted(0, 50, 50.1);
        assertThat(history.broken()).isEmpty();
    }

    @Test
    void p4_a_revocation_from_after_the_promotion_holds_within_the_bound() {
        history.issue(0, 1, 100)
                .revoke(11, 12, Outcome.OK)
                .revoke(21, 21.5, Outcome.OK)
                .loss(10, 20, 21);
        history.accepted(1, SETTLED, 26);
        assertThat(history.broken()).containsExactly("P4");
    }

    @Test
    void p4_a_key_that_was_lost_is_accepted_after_the_bound() {
        history.issue(10.5, 11, 100).loss(10, 20, 21).accepted(0, SETTLED, 26).gone();
        assertThat(history.broken()).containsExactly("P4");
    }

    @Test
    void p4_allows_a_key_that_was_lost_within_the_bound() {
        history.issue(10.5, 11, 100).loss(10, 20, 21).accepted(0, 24.9, 26).gone();
        assertThat(history.broken()).isEmpty();
    }

    @Test
    void p4_allows_a_key_that_was_lost_to_a_node_that_cannot_reach_the_new_primary() {
        history.issue(10.5, 11, 100).loss(10, 20, 21).fault(Kind.WIRE_CUT, Store.POSTGRES, 0, 19, 50);
        history.accepted(0, 53.9, 54).accepted(1, SETTLED, 26).gone();
        assertThat(history.violations())
                .singleElement()
                .satisfies(
                        violation -> assertThat(violation.events()).anyMatch(event -> event.contains("node 1 check")));
    }

    @Test
    void p5_a_renewal_that_was_lost_is_trusted_after_the_bound() {
        history.issue(0, 1, 15).renew(11, 12, 900, 2, Outcome.OK).loss(10, 20, 21);
        history.accepted(0, 24.9, 25).accepted(0, SETTLED, 26);
        history.row("expired", 1, 15).ending(1, "expired", 15, 21.5);
        assertThat(history.broken()).containsExactly("P5");
    }

    @Test
    void p5_allows_a_renewal_that_was_kept() {
        history.issue(0, 1, 15)
                .renew(11, 12, 900, 2, Outcome.OK)
                .loss(10, 20, 21)
                .accepted(0, SETTLED, 26);
        history.row("expired", 2, 900).ending(2, "expired", 900, 900);
        assertThat(history.broken()).isEmpty();
    }

    @Test
    void p6_a_key_from_before_the_lag_is_called_bad() {
        history.issue(0, 1, 100).loss(10, 20, 21).refused(0, 20.5, 20.6).refused(0, SETTLED, 26);
        assertThat(history.broken()).containsExactly("P6", "P6");
    }

    @Test
    void p6_a_key_from_the_lag_is_called_bad_before_the_primary_is_killed() {
        history.issue(10.5, 11, 100).loss(10, 20, 21).refused(0, 19, 19.1);
        assertThat(history.broken()).containsExactly("P6");
    }

    @Test
    void p6_allows_a_key_to_be_unknown_that_may_be_lost() {
        history.issue(10.5, 11, 100).loss(10, 20, 21).refused(0, 20.5, 20.6).refused(0, SETTLED, 26);
        assertThat(history.broken()).isEmpty();
    }

    @Test
    void p6_allows_a_lost_key_to_be_unknown_after_a_renewal_without_a_response() {
        history.issue(10.5, 11, 100).renew(20.5, 22, 900, 0, Outcome.UNKNOWN).loss(10, 20, 21);
        history.refused(0, SETTLED, 26).gone();
        assertThat(history.broken()).isEmpty();
    }

    @Test
    void p6_a_key_whose_revocation_was_lost_is_called_bad_after_the_bound() {
        history.issue(0, 1, 900).revoke(11, 12, Outcome.OK).loss(10, 20, 21);
        history.refused(0, 24.9, 25).refused(0, SETTLED, 26);
        history.row("expired", 1, 900).ending(1, "expired", 900, 900);
        assertThat(history.broken()).containsExactly("P6");
    }

    @Test
    void p6_allows_a_key_to_be_called_bad_whose_revocation_was_kept() {
        history.issue(0, 1, 900).revoke(11, 12, Outcome.OK).loss(10, 20, 21).refused(0, SETTLED, 26);
        history.row("revoked", 2, 11.5).ending(2, "revoked", 11.5, 11.5);
        assertThat(history.broken()).isEmpty();
    }

    @Test
    void p6_a_renewal_from_after_the_promotion_holds_after_the_bound() {
        history.issue(0, 1, 15).renew(21, 22, 900, 2, Outcome.OK).loss(10, 20, 21);
        history.refused(0, 22.1, 22.2).refused(0, SETTLED, 26);
        history.row("expired", 2, 900).ending(1, "expired", 15, 21).ending(2, "expired", 900, 900);
        assertThat(history.broken()).containsExactly("P6");
    }
}
