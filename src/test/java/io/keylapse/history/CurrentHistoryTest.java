package io.keylapse.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.history.CurrentHistory.Meaning;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class CurrentHistoryTest {
    private static final UUID INSTALLATION = new UUID(0, 1);
    private static final UUID FIRST = new UUID(1, 1);
    private static final UUID SECOND = new UUID(1, 2);

    private final CurrentHistory history = new CurrentHistory();

    private static HistoryPosition moment(int timeline, long database, long wal, UUID milestone) {
        return new HistoryPosition(new History(INSTALLATION, 7, timeline, database, 3, 4), wal, milestone);
    }

    private Meaning observe(HistoryPosition moment) {
        return observe(history.known(), moment, true);
    }

    private Meaning observe(CurrentHistory.Known before, HistoryPosition moment, boolean remembersIt) {
        return observe(before, moment, 0, remembersIt);
    }

    private Meaning observe(CurrentHistory.Known before, HistoryPosition moment, long given, boolean remembersIt) {
        return history.observe(before, new HistoryObservation(moment, Instant.EPOCH, given, remembersIt))
                .meaning();
    }

    @Test
    void goes_on_while_the_same_postgres_goes_on() {
        assertThat(observe(moment(1, 2, 100, FIRST))).isEqualTo(Meaning.OTHER);
        assertThat(observe(moment(1, 2, 100, FIRST))).isEqualTo(Meaning.SAME);
        assertThat(observe(moment(1, 2, 200, SECOND))).isEqualTo(Meaning.SAME);
        assertThat(history.generation()).isEqualTo(1);
    }

    @Test
    void is_another_one_when_the_log_of_postgres_went_back() {
        observe(moment(1, 2, 100, FIRST));
        assertThat(observe(moment(1, 2, 99, FIRST))).isEqualTo(Meaning.WENT_BACK);
        assertThat(history.generation()).isEqualTo(2);
    }

    @Test
    void is_another_one_when_postgres_does_not_know_the_last_milestone() {
        observe(moment(1, 2, 100, FIRST));
        assertThat(observe(history.known(), moment(1, 2, 200, SECOND), false)).isEqualTo(Meaning.WENT_BACK);
    }

    @Test
    void is_another_one_when_postgres_gives_out_positions_again() {
        observe(history.known(), moment(1, 2, 100, FIRST), 50, true);
        assertThat(observe(history.known(), moment(1, 2, 200, FIRST), 50, true)).isEqualTo(Meaning.SAME);
        assertThat(observe(history.known(), moment(1, 2, 300, FIRST), 49, true)).isEqualTo(Meaning.WENT_BACK);
        assertThat(observe(history.known(), moment(1, 2, 400, FIRST), 49, true)).isEqualTo(Meaning.SAME);
    }

    @Test
    void the_milestone_that_postgres_went_back_to_proves_nothing_as_the_lost_past_has_it() {
        observe(history.known(), moment(1, 2, 100, FIRST), 50, true);
        observe(history.known(), moment(1, 2, 200, FIRST), 49, true);
        observe(history.known(), moment(1, 2, 300, FIRST), 49, true);
        assertThat(history.hasSeen(moment(1, 2, 100, FIRST))).isFalse();
        history.renew(moment(1, 2, 400, SECOND), Instant.EPOCH);
        assertThat(history.hasSeen(moment(1, 2, 400, SECOND))).isTrue();
        assertThat(history.hasSeen(moment(1, 2, 100, FIRST))).isFalse();
    }

    @Test
    void is_another_one_in_another_database_and_after_a_promotion() {
        observe(moment(1, 2, 100, FIRST));
        assertThat(observe(moment(1, 9, 200, FIRST))).isEqualTo(Meaning.OTHER);
        assertThat(observe(moment(2, 9, 300, FIRST))).isEqualTo(Meaning.OTHER);
        assertThat(history.generation()).isEqualTo(3);
    }

    @Test
    void two_looks_at_once_find_another_history_once() {
        observe(moment(1, 2, 100, FIRST));
        var before = history.known();
        assertThat(observe(before, moment(1, 2, 50, FIRST), true)).isEqualTo(Meaning.WENT_BACK);
        assertThat(observe(before, moment(1, 2, 60, FIRST), true)).isEqualTo(Meaning.SAME);
    }

    @Test
    void a_look_that_was_overtaken_by_a_later_one_takes_nothing_back() {
        observe(moment(1, 2, 100, FIRST));
        var before = history.known();
        observe(before, moment(1, 2, 300, FIRST), true);
        assertThat(observe(before, moment(1, 2, 200, FIRST), true)).isEqualTo(Meaning.SAME);
        assertThat(history.latest().orElseThrow().wal()).isEqualTo(300);
    }

    @Test
    void a_primary_whose_standby_was_promoted_does_not_count() {
        observe(moment(2, 2, 100, FIRST));
        assertThat(observe(moment(1, 2, 500, FIRST))).isEqualTo(Meaning.SUPERSEDED);
        assertThat(history.doubt()).hasValue("it is on timeline 1, and a standby of it was promoted to timeline 2");
        assertThat(history.latest().orElseThrow().history().timeline()).isEqualTo(2);

        assertThat(observe(moment(2, 2, 101, FIRST))).isEqualTo(Meaning.SAME);
        assertThat(history.isDoubted()).isFalse();
    }

    @Test
    void neither_does_one_when_redis_follows_the_promoted_standby() {
        observe(moment(1, 2, 100, FIRST));
        history.observeSuperseder(moment(2, 2, 90, FIRST).history());
        assertThat(observe(moment(1, 2, 101, FIRST))).isEqualTo(Meaning.SUPERSEDED);
        assertThat(observe(moment(2, 2, 102, FIRST))).isEqualTo(Meaning.OTHER);
    }

    @Test
    void a_standby_does_not_count() {
        history.observeStandby();
        assertThat(history.isDoubted()).isTrue();
        observe(moment(1, 2, 100, FIRST));
        assertThat(history.isDoubted()).isFalse();
    }

    @Test
    void has_seen_what_is_in_the_past_of_its_own_history() {
        observe(moment(1, 2, 100, FIRST));
        observe(moment(1, 2, 200, SECOND));
        assertThat(history.hasSeen(moment(1, 2, 150, FIRST))).isTrue();
        assertThat(history.hasSeen(moment(1, 2, 201, SECOND))).isFalse();
        assertThat(history.hasSeen(moment(1, 2, 150, new UUID(1, 3)))).isFalse();
        assertThat(history.hasSeen(moment(1, 9, 150, FIRST))).isFalse();
    }
}
