package io.keylapse.campaign.checker;

import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.campaign.log.Fault;
import io.keylapse.campaign.log.Fault.Kind;
import io.keylapse.campaign.log.Fault.Store;
import org.junit.jupiter.api.Test;

/** The responses of checks while management calls of node 0 are slow, from 10 s to 20 s. */
class HoggedChecksTest {
    private final History history = new History().issue(0, 1, 100).fault(Kind.MANAGEMENT_HOGGED, null, 0, 10, 20);

    @Test
    void checks_are_unavailable() {
        history.checks(0, 89, 10.1, 15, 200).checks(0, 11, 15, 19, 503);
        assertThat(history.broken()).containsExactly("hogged");
    }

    @Test
    void allows_a_few_that_a_slow_machine_may_explain() {
        history.checks(0, 90, 10.1, 15, 200).checks(0, 10, 15, 19, 503);
        assertThat(history.broken()).isEmpty();
    }

    @Test
    void allows_it_to_the_other_node() {
        history.checks(1, 100, 10.1, 19, 503);
        assertThat(history.broken()).isEmpty();
    }

    @Test
    void allows_it_before_and_after() {
        history.checks(0, 100, 2, 9.9, 503).checks(0, 100, 20.1, 29, 503);
        assertThat(history.broken()).isEmpty();
    }

    @Test
    void allows_it_while_something_else_is_wrong_and_shortly_after() {
        history.fault(Kind.REDIS_KILLED, Store.REDIS, Fault.ALL, 9, 12).checks(0, 100, 10.1, 15.9, 503);
        assertThat(history.broken()).isEmpty();
        history.checks(0, 100, 16.1, 19, 503);
        assertThat(history.broken()).containsExactly("hogged");
    }

    @Test
    void what_befalls_the_other_node_alone_is_no_excuse() {
        history.fault(Kind.SERVICE_KILLED, null, 1, 9, 30).checks(0, 100, 10.1, 19, 503);
        assertThat(history.broken()).containsExactly("hogged");
    }
}
