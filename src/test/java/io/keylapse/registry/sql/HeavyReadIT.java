package io.keylapse.registry.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.keylapse.harness.Node;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.registry.sql.lane.ConnectionLanes;
import io.keylapse.registry.sql.lane.NoTurnException;
import io.keylapse.registry.sql.lane.PostgresLane;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

class HeavyReadIT {
    private static final String LONG = "SELECT pg_sleep(60)";

    private static final Node node = Node.start();
    private static final Postgres postgres = node.bean(Postgres.class);

    @Test
    void statements_that_say_nothing_have_a_time_limit() {
        assertThatThrownBy(() -> postgres.query(LONG, _ -> 1)).matches(PostgresFailure::wasCutShort);
        assertThatThrownBy(() -> postgres.update("DO 'BEGIN PERFORM pg_sleep(60); END'"))
                .matches(PostgresFailure::wasCutShort);
    }

    @Test
    void own_work_has_its_turn_while_others_use_all_places_of_management() throws Exception {
        var lanes = node.bean(ConnectionLanes.class);
        int places = lanes.places(PostgresLane.MANAGEMENT);
        var held = new CountDownLatch(places);
        var over = new CompletableFuture<Integer>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < places; i++) {
                var _ = threads.submit(() -> lanes.withPlace(PostgresLane.MANAGEMENT, Duration.ofMinutes(1), () -> {
                    held.countDown();
                    return over.join();
                }));
            }
            held.await();
            try {
                assertThatThrownBy(() -> postgres.query("SELECT 1", _ -> 1)).isInstanceOf(NoTurnException.class);
                Postgres.asOwnWork(
                        Duration.ofSeconds(5),
                        () -> assertThat(postgres.query("SELECT 1", _ -> 1)).hasSize(1));
            } finally {
                over.complete(0);
            }
        }
    }

    @Test
    void heavy_read_that_takes_too_long_says_what_to_narrow() {
        assertThatThrownBy(() -> HeavyRead.of(
                        "from", "ask for a shorter time", () -> postgres.query(Duration.ofSeconds(1), LONG, _ -> 1)))
                .isInstanceOfSatisfying(InvalidInputException.class, invalid -> {
                    assertThat(invalid.violations()).hasSize(1);
                    assertThat(invalid.violations().getFirst().field()).isEqualTo("from");
                    assertThat(invalid.violations().getFirst().message())
                            .isEqualTo("selects more than can be read in 5 seconds; ask for a shorter time");
                });
    }
}
