package io.keylapse.campaign.checker;

import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.campaign.log.Change.Outcome;
import io.keylapse.campaign.log.Fault;
import io.keylapse.campaign.log.Fault.Kind;
import io.keylapse.campaign.log.Fault.Store;
import org.junit.jupiter.api.Test;

/** P1, P2, P3 and P7: a violation of each, and the closest legal case. The stores are read at 1,000 s. */
class WrittenPromisesTest {
    private final History history = new History();

    @Test
    void nothing_is_found_where_nothing_is_wrong() {
        history.issue(0, 1, 10).row("expired", 1, 10).ending(1, "expired", 10, 10.1);
        assertThat(history.broken()).isEmpty();
    }

    @Test
    void p1_an_acknowledged_key_is_missing() {
        history.issue(0, 1, 10).inRedis(false, 1, 10).ending(1, "expired", 10, 10.1);
        assertThat(history.broken()).contains("P1");
    }

    @Test
    void p1_an_acknowledged_renewal_is_missing() {
        history.issue(0, 1, 10).renew(2, 3, 20, 2, Outcome.OK);
        history.row("expired", 1, 10).ending(1, "expired", 10, 10.1);
        assertThat(history.broken()).contains("P1");
    }

    @Test
    void p1_allows_a_renewal_without_an_answer_to_be_missing() {
        history.issue(0, 1, 10).renew(2, 3, 20, 0, Outcome.UNKNOWN);
        history.row("expired", 1, 10).ending(1, "expired", 10, 10.1);
        assertThat(history.broken()).isEmpty();
    }

    @Test
    void p2_an_ending_is_not_recorded() {
        history.issue(0, 1, 10).row("active", 1, 10);
        assertThat(history.broken()).containsExactly("P2");
    }

    @Test
    void p2_an_ending_is_written_in_the_key_alone() {
        history.issue(0, 1, 10).row("expired", 1, 10);
        assertThat(history.broken()).containsExactly("P2");
    }

    @Test
    void p2_allows_a_key_to_be_active_before_its_deadline() {
        history.issue(0, 1, 2_000).row("active", 1, 2_000).inRedis(true, 1, 2_000);
        assertThat(history.broken()).isEmpty();
    }

    @Test
    void p2_an_ending_that_a_renewal_undid_is_missing() {
        history.issue(0, 1, 10).renew(20, 21, 2_000, 2, Outcome.OK);
        history.row("active", 2, 2_000).inRedis(true, 2, 2_000);
        assertThat(history.broken()).containsExactly("P2");
    }

    @Test
    void p2_allows_no_ending_where_the_renewal_came_in_time() {
        history.issue(0, 1, 10).renew(9, 11, 2_000, 2, Outcome.OK);
        history.row("active", 2, 2_000).inRedis(true, 2, 2_000);
        assertThat(history.broken()).isEmpty();
    }

    @Test
    void p2_an_ending_before_a_revocation_is_missing() {
        history.issue(0, 1, 10).row("revoked", 2, 20).ending(2, "revoked", 20, 20);
        assertThat(history.broken()).containsExactly("P2");
    }

    @Test
    void p2_allows_a_revocation_to_be_repeated_after_the_deadline() {
        history.issue(0, 1, 10).revoke(5, 6, Outcome.OK).revoke(20, 21, Outcome.OK);
        history.row("revoked", 2, 5).ending(2, "revoked", 5, 5);
        assertThat(history.broken()).isEmpty();
    }

    @Test
    void p2_one_ending_is_recorded_twice() {
        history.issue(0, 1, 10)
                .row("expired", 2, 10)
                .ending(1, "expired", 10, 10)
                .ending(2, "expired", 10, 10);
        assertThat(history.broken()).containsExactly("P2");
    }

    @Test
    void p2_an_ending_is_recorded_late() {
        history.issue(0, 1, 10).row("expired", 1, 10).ending(1, "expired", 10, 14.1);
        // Two violations: it is later than the limit for all, and one of one recording is more than 1%.
        assertThat(history.broken()).containsExactly("P2", "P2");
    }

    @Test
    void p2_counts_from_when_postgres_could_be_written() {
        history.issue(0, 1, 10).row("expired", 1, 10).ending(1, "expired", 10, 31.9);
        history.fault(Kind.POSTGRES_KILLED, Store.POSTGRES, Fault.ALL, 9, 30);
        assertThat(history.broken()).isEmpty();
    }

    @Test
    void p2_an_outage_long_after_the_deadline_is_no_excuse() {
        history.issue(0, 1, 10).row("expired", 1, 10).ending(1, "expired", 10, 31);
        history.fault(Kind.POSTGRES_KILLED, Store.POSTGRES, Fault.ALL, 15, 30);
        assertThat(history.broken()).contains("P2");
    }

    @Test
    void p2_does_not_wait_for_a_node_while_there_is_another() {
        history.issue(0, 1, 10).row("expired", 1, 10).ending(1, "expired", 10, 31.9);
        history.fault(Kind.SERVICE_KILLED, null, 0, 9, 30);
        assertThat(history.broken()).contains("P2");
    }

    @Test
    void p3_a_key_is_recorded_before_its_deadline() {
        history.issue(0, 1, 10).row("expired", 1, 10).ending(1, "expired", 10, 9.9);
        assertThat(history.broken()).containsExactly("P3");
    }

    @Test
    void p3_a_key_that_was_renewed_in_time_is_recorded() {
        history.issue(0, 1, 10).renew(8, 9, 2_000, 2, Outcome.OK).ending(1, "expired", 10, 10.1);
        history.row("active", 2, 2_000).inRedis(true, 2, 2_000);
        assertThat(history.broken()).containsExactly("P3");
    }

    @Test
    void p3_allows_a_renewal_that_came_too_late() {
        history.issue(0, 1, 10).renew(8, 11, 2_000, 2, Outcome.OK).ending(1, "expired", 10, 10.1);
        history.row("active", 2, 2_000).inRedis(true, 2, 2_000);
        assertThat(history.broken()).isEmpty();
    }

    @Test
    void p3_a_key_is_recorded_for_a_deadline_that_it_never_had() {
        history.issue(0, 1, 10)
                .row("expired", 2, 20)
                .ending(2, "expired", 20, 20)
                .ending(1, "expired", 5, 6);
        assertThat(history.broken()).containsExactly("P3");
    }

    @Test
    void p7_redis_lacks_a_key() {
        history.issue(0, 1, 2_000).row("active", 1, 2_000);
        assertThat(history.broken()).containsExactly("P7");
    }

    @Test
    void p7_redis_has_an_older_version() {
        history.issue(0, 1, 10).renew(2, 3, 2_000, 2, Outcome.OK).row("active", 2, 2_000);
        history.inRedis(true, 1, 3_000);
        assertThat(history.broken()).containsExactly("P7");
    }

    @Test
    void p7_redis_lets_in_a_key_that_ended() {
        history.issue(0, 1, 10)
                .row("expired", 1, 10)
                .ending(1, "expired", 10, 10.1)
                .inRedis(true, 1, 2_000);
        assertThat(history.broken()).containsExactly("P7");
    }

    @Test
    void p7_allows_a_tombstone_of_a_key_that_ended() {
        history.issue(0, 1, 10)
                .row("expired", 1, 10)
                .ending(1, "expired", 10, 10.1)
                .inRedis(false, 1, 10);
        assertThat(history.broken()).isEmpty();
    }

    @Test
    void p2_allows_a_key_to_be_recorded_late_that_a_vanished_node_left_locked() {
        history.issue(0, 1, 10).unansweredRevocation(0, 8, 9.5).fault(Kind.NODE_VANISHED, null, 0, 9, 30);
        history.row("expired", 1, 10).ending(1, "expired", 10, 15.9);
        assertThat(history.broken()).isEmpty();
    }

    @Test
    void p2_a_key_that_a_vanished_node_left_locked_is_recorded_too_late() {
        history.issue(0, 1, 10).unansweredRevocation(0, 8, 9.5).fault(Kind.NODE_VANISHED, null, 0, 9, 30);
        history.row("expired", 1, 10).ending(1, "expired", 10, 18.1);
        assertThat(history.broken()).contains("P2");
    }

    @Test
    void p2_a_key_that_a_vanished_node_did_not_touch_is_recorded_late() {
        history.issue(0, 1, 10).unansweredRevocation(1, 8, 9.5).fault(Kind.NODE_VANISHED, null, 0, 9, 30);
        history.row("expired", 1, 10).ending(1, "expired", 10, 15.9);
        assertThat(history.broken()).contains("P2");
    }

    @Test
    void p2_waits_for_no_node_whose_management_is_hogged() {
        history.issue(0, 1, 10).row("expired", 1, 10).ending(1, "expired", 10, 31.9);
        history.fault(Kind.MANAGEMENT_HOGGED, null, 0, 9, 30).fault(Kind.MANAGEMENT_HOGGED, null, 1, 9, 30);
        assertThat(history.broken()).contains("P2");
    }
}
