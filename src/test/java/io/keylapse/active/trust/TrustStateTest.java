package io.keylapse.active.trust;

import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.active.redis.Primary;
import io.keylapse.history.History;
import io.keylapse.history.HistoryPosition;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class TrustStateTest {
    private static final UUID OURS = new UUID(0, 1);
    private static final UUID KNOWN = new UUID(1, 1);
    private static final Duration FRESH = Duration.ofSeconds(2);
    private static final Duration OLD = Duration.ofSeconds(11);

    private static HistoryPosition moment(UUID installation, long system, int timeline, long table, long wal) {
        return new HistoryPosition(new History(installation, system, timeline, 2, 3, table), wal, KNOWN);
    }

    private static final HistoryPosition NOW = moment(OURS, 7, 2, 4, 100);

    private static TrustState of(HistoryPosition marked, Duration age) {
        return of(new Mark.At(marked, 9).text(), age);
    }

    private static TrustState of(String mark, Duration age) {
        return TrustState.of(new MarkStore.Reading(new Primary("redis", ""), "x", mark, age), NOW, KNOWN::equals);
    }

    @Test
    void it_is_ours_when_postgres_has_been_where_the_mark_was_written() {
        assertThat(of(NOW, OLD)).isEqualTo(TrustState.OURS);
        assertThat(of(moment(OURS, 7, 2, 4, 1), FRESH)).isEqualTo(TrustState.OURS);
        assertThat(of(new Mark.Rebuilding(NOW, "somebody").text(), FRESH)).isEqualTo(TrustState.OURS);
    }

    @Test
    void without_a_readable_mark_redis_is_unmarked() {
        assertThat(of("", OLD)).isEqualTo(TrustState.UNMARKED);
        assertThat(of("4711", OLD)).isEqualTo(TrustState.UNMARKED);
    }

    @Test
    void another_installation_keeps_it_however_old_the_mark_is() {
        assertThat(of(moment(new UUID(0, 2), 7, 2, 4, 1), FRESH)).isEqualTo(TrustState.FOREIGN);
        assertThat(of(moment(new UUID(0, 2), 7, 2, 4, 1), Duration.ofDays(100))).isEqualTo(TrustState.FOREIGN);
    }

    @Test
    void a_mark_of_a_lost_history_is_taken_over_once_it_is_no_longer_renewed() {
        HistoryPosition restored = moment(OURS, 7, 2, 99, 1);
        HistoryPosition beyond = moment(OURS, 7, 2, 4, 101);
        HistoryPosition elsewhere = moment(OURS, 8, 5, 4, 1);
        HistoryPosition unknown = new HistoryPosition(NOW.history(), 1, new UUID(1, 2));
        for (HistoryPosition lost : new HistoryPosition[] {restored, beyond, elsewhere, unknown}) {
            assertThat(of(lost, FRESH)).isEqualTo(TrustState.FOREIGN);
            assertThat(of(lost, OLD)).isEqualTo(TrustState.LOST);
        }
    }

    @Test
    void of_two_timelines_the_greater_wins_at_once() {
        assertThat(of(moment(OURS, 7, 1, 4, 500), FRESH)).isEqualTo(TrustState.LOST);
        assertThat(of(moment(OURS, 7, 3, 4, 1), OLD)).isEqualTo(TrustState.AHEAD);
    }
}
