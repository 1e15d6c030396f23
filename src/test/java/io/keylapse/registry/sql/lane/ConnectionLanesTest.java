package io.keylapse.registry.sql.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.keylapse.registry.sql.PostgresFailure;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConnectionLanesTest {
    private final ConnectionLanes lanes = new ConnectionLanes(24);

    @ParameterizedTest
    @CsvSource({"12, 8, 2, 2, 1", "24, 8, 8, 8, 4", "25, 8, 8, 9, 4", "100, 8, 46, 46, 23"})
    void lanes_share_the_pool(int poolSize, int own, int checks, int management, int heavy) {
        var shared = new ConnectionLanes(poolSize);
        assertThat(shared.places(PostgresLane.OWN_WORK)).isEqualTo(own);
        assertThat(shared.places(PostgresLane.CHECKS)).isEqualTo(checks);
        assertThat(shared.places(PostgresLane.MANAGEMENT)).isEqualTo(management);
        assertThat(shared.places(PostgresLane.HEAVY)).isEqualTo(heavy);
    }

    @ParameterizedTest
    @ValueSource(ints = {12, 13, 24, 25, 1_000})
    void no_more_places_than_connections(int poolSize) {
        assertThat(ConnectionLanes.places(PostgresLane.OWN_WORK, poolSize)
                        + ConnectionLanes.places(PostgresLane.CHECKS, poolSize)
                        + ConnectionLanes.places(PostgresLane.MANAGEMENT, poolSize))
                .isEqualTo(poolSize);
    }

    @Test
    void full_lane_refuses_its_own_work_and_no_other() {
        holding(PostgresLane.MANAGEMENT, 8, () -> {
            assertThatThrownBy(() -> take(PostgresLane.MANAGEMENT)).isInstanceOf(NoTurnException.class);
            assertThatThrownBy(() -> take(PostgresLane.HEAVY)).isInstanceOf(NoTurnException.class);
            take(PostgresLane.CHECKS);
            take(PostgresLane.OWN_WORK);
        });
        assertThat(lanes.lane(PostgresLane.MANAGEMENT).refused().sum()).isEqualTo(2);
        assertThat(lanes.lane(PostgresLane.MANAGEMENT).inUse()).isZero();
        assertThat(lanes.lane(PostgresLane.HEAVY).inUse()).isZero();
        take(PostgresLane.HEAVY);
    }

    @Test
    void full_lane_says_nothing_about_postgres() {
        holding(
                PostgresLane.MANAGEMENT,
                8,
                () -> assertThatThrownBy(() -> take(PostgresLane.MANAGEMENT))
                        .matches(PostgresFailure::isPassing)
                        .matches(failure -> !PostgresFailure.isUnavailable(failure)));
    }

    @Test
    void heavy_read_is_refused_at_once_when_twice_as_many_wait_as_there_are_places() {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            holding(PostgresLane.HEAVY, 4, () -> {
                for (int i = 0; i < 8; i++) {
                    var _ = threads.submit(() -> take(PostgresLane.HEAVY, Duration.ofMinutes(1)));
                }
                await().until(() -> lanes.lane(PostgresLane.HEAVY).waiting() == 8);

                long begun = System.nanoTime();
                assertThatThrownBy(() -> ConnectionLanes.in(
                                PostgresLane.HEAVY, () -> lanes.withPlace(() -> "the ninth that waits")))
                        .isInstanceOf(NoTurnException.class);
                assertThat(System.nanoTime() - begun)
                        .isLessThan(Duration.ofSeconds(2).toNanos());
            });
        }
    }

    @Test
    void heavy_reads_leave_half_of_management_to_light_calls() {
        holding(PostgresLane.HEAVY, 4, () -> {
            assertThatThrownBy(() -> take(PostgresLane.HEAVY)).isInstanceOf(NoTurnException.class);
            holding(
                    PostgresLane.MANAGEMENT,
                    4,
                    () -> assertThatThrownBy(() -> take(PostgresLane.MANAGEMENT))
                            .isInstanceOf(NoTurnException.class));
        });
    }

    @Test
    void work_that_has_a_place_takes_no_second() {
        holding(
                PostgresLane.CHECKS,
                7,
                () -> lanes.withPlace(PostgresLane.CHECKS, Duration.ZERO, () -> {
                    take(PostgresLane.CHECKS);
                    return lanes.withPlace(() -> "with the same place");
                }));
    }

    @Test
    void statements_go_into_the_lane_that_their_work_is_in() {
        int inUse = ConnectionLanes.in(
                PostgresLane.OWN_WORK,
                () -> lanes.withPlace(() -> lanes.lane(PostgresLane.OWN_WORK).inUse()));
        assertThat(inUse).isEqualTo(1);
        assertThat(lanes.<Integer>withPlace(
                        () -> lanes.lane(PostgresLane.MANAGEMENT).inUse()))
                .isEqualTo(1);
    }

    private void take(PostgresLane lane) {
        take(lane, Duration.ZERO);
    }

    private void take(PostgresLane lane, Duration patience) {
        lanes.withPlace(lane, patience, () -> lane);
    }

    /** Runs the check while other work holds that many connections. */
    private void holding(PostgresLane lane, int places, Runnable check) {
        boolean heavy = lane == PostgresLane.HEAVY;
        IntStream.range(0, places).forEach(_ -> {
            assertThat(lanes.lane(lane).enter(Duration.ZERO, 0)).isTrue();
            assertThat(!heavy || lanes.lane(PostgresLane.MANAGEMENT).enter(Duration.ZERO, 0))
                    .isTrue();
        });
        try {
            check.run();
        } finally {
            IntStream.range(0, places).forEach(_ -> {
                lanes.lane(lane).leave();
                if (heavy) {
                    lanes.lane(PostgresLane.MANAGEMENT).leave();
                }
            });
        }
    }
}
