package io.keylapse.campaign.checker;

import static io.keylapse.campaign.checker.History.at;
import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.campaign.log.Change.Outcome;
import io.keylapse.campaign.log.Fault.Kind;
import io.keylapse.campaign.log.Fault.Store;
import org.junit.jupiter.api.Test;

/** P4, P5 and P6: a violation of each, and the closest legal case. Instants are in seconds since the beginning. */
class CheckerTest {
    private final History history = new History();

    @Test
    void p4_a_revoked_key_is_accepted_after_the_bound() {
        history.issue(0, 1, 100).revoke(10, 11, Outcome.OK).accepted(0, 13.1, 13.2);
        assertThat(history.broken()).containsExactly("P4");
    }

    @Test
    void p4_allows_a_revoked_key_within_the_bound() {
        history.issue(0, 1, 100).revoke(10, 11, Outcome.OK).accepted(0, 12.9, 20);
        assertThat(history.broken()).isEmpty();
    }

    @Test
    void p4_allows_a_key_whose_revocation_may_not_have_happened() {
        history.issue(0, 1, 100).revoke(10, 11, Outcome.UNKNOWN).accepted(0, 50, 50.1);
        assertThat(history.broken()).isEmpty();
    }

    @Test
    void p4_a_revocation_ends_also_a_renewal_that_was_never_answered() {
        history.issue(0, 1, 100).renew(5, 6, 900, 0, Outcome.UNKNOWN).revoke(10, 11, Outcome.OK);
        history.accepted(0, 50, 50.1);
        assertThat(history.broken()).containsExactly("P4");
    }

    @Test
    void p4_a_shortened_key_is_accepted_after_the_bound_and_its_new_deadline() {
        history.issue(0, 1, 100).renew(5, 6, 10, 2, Outcome.OK).accepted(0, 12, 12.1);
        assertThat(history.broken()).containsExactly("P4");
    }

    @Test
    void p4_allows_a_key_that_may_have_been_renewed_after_it_was_shortened() {
        history.issue(0, 1, 100).renew(5, 6, 10, 2, Outcome.OK).renew(7, 8, 90, 0, Outcome.UNKNOWN);
        history.accepted(0, 12, 12.1);
        assertThat(history.broken()).isEmpty();
    }

    @Test
    void p4_a_key_rotated_without_grace_is_accepted_after_the_bound() {
        history.issue(0, 1, 100).rotate(5, 6, 0, Outcome.OK).accepted(0, 9, 9.1);
        assertThat(history.broken()).containsExactly("P4");
    }

    @Test
    void p4_allows_a_rotated_key_in_its_grace_and_not_after() {
        history.issue(0, 1, 100).rotate(5, 6, 20, Outcome.OK).accepted(0, 25.9, 26);
        assertThat(history.broken()).isEmpty();
        history.accepted(0, 26.1, 26.2);
        assertThat(history.broken()).containsExactly("P4");
    }

    @Test
    void p4_allows_it_to_a_node_that_can_reach_neither_store() {
        history.issue(0, 1, 100).revoke(10, 11, Outcome.OK);
        history.fault(Kind.WIRE_CUT, Store.POSTGRES, 0, 10.5, 30).fault(Kind.REDIS_KILLED, Store.REDIS, -1, 10.5, 30);
        history.accepted(0, 29, 29.1);
        assertThat(history.broken()).isEmpty();
    }

    @Test
    void p4_holds_for_the_other_node_and_once_a_store_is_back() {
        history.issue(0, 1, 100).revoke(10, 11, Outcome.OK);
        history.fault(Kind.WIRE_CUT, Store.POSTGRES, 0, 10.5, 30).fault(Kind.REDIS_KILLED, Store.REDIS, -1, 10.5, 30);
        history.accepted(1, 29, 29.1).accepted(0, 34.1, 34.2);
        assertThat(history.broken()).containsExactly("P4", "P4");
    }

    @Test
    void p4_holds_without_postgres_when_redis_has_the_change() {
        history.issue(0, 1, 100).revoke(10, 11, Outcome.OK).fault(Kind.POSTGRES_KILLED, Store.POSTGRES, -1, 11, 30);
        history.accepted(0, 20, 20.1);
        assertThat(history.broken()).containsExactly("P4");
    }

    @Test
    void p4_does_not_hold_without_postgres_when_redis_lost_the_change() {
        history.issue(0, 1, 100).revoke(10, 11, Outcome.OK).fault(Kind.POSTGRES_KILLED, Store.POSTGRES, -1, 11, 30);
        history.fault(Kind.REDIS_FAILED_OVER, Store.REDIS, -1, 12, 13).accepted(0, 20, 20.1);
        assertThat(history.broken()).isEmpty();
    }

    @Test
    void p4_holds_for_a_process_that_was_paused() {
        history.issue(0, 1, 100).revoke(10, 11, Outcome.OK).fault(Kind.SERVICE_PAUSED, null, 0, 9, 20);
        history.accepted(0, 20.1, 20.2);
        assertThat(history.broken()).containsExactly("P4");
    }

    @Test
    void p5_a_key_is_accepted_after_its_deadline() {
        history.issue(0, 1, 10).accepted(0, 10.1, 10.2);
        assertThat(history.broken()).containsExactly("P5");
    }

    @Test
    void p5_allows_a_check_that_started_before_the_deadline() {
        history.issue(0, 1, 10).accepted(0, 9.9, 12);
        assertThat(history.broken()).isEmpty();
    }

    @Test
    void p5_allows_a_deadline_that_may_have_been_moved() {
        history.issue(0, 1, 10).renew(5, 6, 60, 0, Outcome.UNKNOWN).accepted(0, 59, 59.1);
        assertThat(history.broken()).isEmpty();
    }

    @Test
    void p5_holds_for_a_renewal_that_was_refused() {
        history.issue(0, 1, 10).renew(5, 6, 60, 0, Outcome.FAILED).accepted(0, 59, 59.1);
        assertThat(history.broken()).containsExactly("P5");
    }

    @Test
    void p6_a_good_key_is_called_bad() {
        history.issue(0, 1, 100).refused(0, 50, 50.1);
        assertThat(history.broken()).containsExactly("P6");
    }

    @Test
    void p6_a_key_that_was_renewed_after_its_end_is_called_bad() {
        history.issue(0, 1, 10).renew(20, 21, 100, 2, Outcome.OK).refused(0, 22, 22.1);
        assertThat(history.broken()).containsExactly("P6");
    }

    @Test
    void p6_allows_an_answer_from_before_the_renewal() {
        history.issue(0, 1, 10).renew(20, 21, 100, 2, Outcome.OK).refused(0, 20.9, 22.1);
        assertThat(history.broken()).isEmpty();
    }

    @Test
    void p6_allows_a_refusal_that_a_deadline_overtook() {
        history.issue(0, 1, 10).refused(0, 9.9, 10.1);
        assertThat(history.broken()).isEmpty();
    }

    @Test
    void p6_allows_a_refusal_when_the_key_may_have_been_revoked() {
        history.issue(0, 1, 100).revoke(5, 6, Outcome.UNKNOWN).refused(0, 50, 50.1);
        assertThat(history.broken()).isEmpty();
    }

    @Test
    void p6_allows_that_it_cannot_be_known() {
        history.issue(0, 1, 100).check(0, 50, 50.1, 503);
        assertThat(history.broken()).isEmpty();
    }

    @Test
    void a_violation_names_the_events_concerned() {
        history.issue(0, 1, 100)
                .fault(Kind.REDIS_FLUSHED, Store.REDIS, -1, 49, 49.1)
                .refused(0, 50, 50.1);
        assertThat(history.violations().getFirst().events())
                .anyMatch(event -> event.contains("ISSUE"))
                .anyMatch(event -> event.contains("REDIS_FLUSHED"))
                .anyMatch(event -> event.contains(at(50).toString()));
    }
}
