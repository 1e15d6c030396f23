package io.keylapse.http.connection.lane;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

class RequestLaneTest {
    private final List<String> granted = new ArrayList<>();

    @Test
    void requests_beyond_the_places_wait_and_have_theirs_in_the_order_in_which_they_came() {
        var lane = new RequestLane(2);
        assertThat(lane.enter(() -> granted.add("a"))).isTrue();
        assertThat(lane.enter(() -> granted.add("b"))).isTrue();
        assertThat(lane.enter(() -> granted.add("c"))).isFalse();
        assertThat(lane.enter(() -> granted.add("d"))).isFalse();
        assertThat(lane.waiting()).isEqualTo(2);

        lane.leave();
        lane.leave();

        assertThat(granted).containsExactly("c", "d");
        assertThat(lane.waiting()).isZero();
        assertThat(lane.enter(() -> granted.add("e"))).isFalse();
    }

    @Test
    void place_is_free_again_if_no_request_waits_for_it() {
        var lane = new RequestLane(1);
        assertThat(lane.enter(() -> granted.add("a"))).isTrue();
        lane.leave();
        assertThat(lane.enter(() -> granted.add("b"))).isTrue();
        assertThat(granted).isEmpty();
    }

    @Test
    void place_passes_by_a_connection_whose_event_loop_has_ended() {
        var lane = new RequestLane(1);
        assertThat(lane.enter(() -> granted.add("a"))).isTrue();
        assertThat(lane.enter(() -> {
                    throw new RejectedExecutionException("stopped");
                }))
                .isFalse();
        assertThat(lane.enter(() -> granted.add("c"))).isFalse();
        lane.leave();
        assertThat(granted).containsExactly("c");
    }
}
