package io.keylapse.http.connection.lane;

import static io.keylapse.http.connection.lane.RequestLane.Entry.GRANTED;
import static io.keylapse.http.connection.lane.RequestLane.Entry.QUEUED;
import static io.keylapse.http.connection.lane.RequestLane.Entry.REFUSED;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

class RequestLaneTest {
    private final List<String> granted = new ArrayList<>();

    @Test
    void requests_beyond_the_places_wait_and_have_theirs_in_the_order_in_which_they_came() {
        var lane = new RequestLane(2, 10);
        assertThat(lane.enter(() -> granted.add("a"))).isEqualTo(GRANTED);
        assertThat(lane.enter(() -> granted.add("b"))).isEqualTo(GRANTED);
        assertThat(lane.enter(() -> granted.add("c"))).isEqualTo(QUEUED);
        assertThat(lane.enter(() -> granted.add("d"))).isEqualTo(QUEUED);
        assertThat(lane.waiting()).isEqualTo(2);

        lane.leave();
        lane.leave();

        assertThat(granted).containsExactly("c", "d");
        assertThat(lane.waiting()).isZero();
        assertThat(lane.enter(() -> granted.add("e"))).isEqualTo(QUEUED);
    }

    @Test
    void place_is_free_again_if_no_request_waits_for_it() {
        var lane = new RequestLane(1, 10);
        assertThat(lane.enter(() -> granted.add("a"))).isEqualTo(GRANTED);
        lane.leave();
        assertThat(lane.enter(() -> granted.add("b"))).isEqualTo(GRANTED);
        assertThat(granted).isEmpty();
    }

    @Test
    void place_passes_by_a_connection_whose_event_loop_has_ended() {
        var lane = new RequestLane(1, 10);
        assertThat(lane.enter(() -> granted.add("a"))).isEqualTo(GRANTED);
        assertThat(lane.enter(() -> {
                    throw new RejectedExecutionException("stopped");
                }))
                .isEqualTo(QUEUED);
        assertThat(lane.enter(() -> granted.add("c"))).isEqualTo(QUEUED);
        lane.leave();
        assertThat(granted).containsExactly("c");
    }

    @Test
    void request_that_finds_the_queue_full_is_refused_and_never_granted_a_place() {
        var lane = new RequestLane(1, 1);
        assertThat(lane.enter(() -> granted.add("a"))).isEqualTo(GRANTED);
        assertThat(lane.enter(() -> granted.add("b"))).isEqualTo(QUEUED);
        assertThat(lane.enter(() -> granted.add("c"))).isEqualTo(REFUSED);
        lane.leave();
        lane.leave();
        assertThat(granted).containsExactly("b");
        assertThat(lane.enter(() -> granted.add("d"))).isEqualTo(GRANTED);
    }
}
