package io.keylapse.registry.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.keylapse.harness.Node;
import io.keylapse.registry.sql.lane.ConnectionLanes;
import io.keylapse.registry.sql.lane.NoTurnException;
import io.keylapse.registry.sql.lane.PostgresLane;
import io.micronaut.data.annotation.Id;
import io.micronaut.data.annotation.MappedEntity;
import io.micronaut.data.annotation.Query;
import io.micronaut.data.jdbc.annotation.JdbcRepository;
import io.micronaut.data.model.query.builder.sql.Dialect;
import io.micronaut.data.repository.GenericRepository;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/** The statements of a repository are as bounded as all others. */
class PostgresRepositoryIT {
    private static final Node node = Node.start();

    @MappedEntity("nothing")
    record Row(@Id UUID id) {}

    /** A repository with a statement that takes as long as the test likes. */
    @JdbcRepository(dialect = Dialect.POSTGRES)
    @PostgresRepository
    interface Sleeper extends GenericRepository<Row, UUID> {
        @Query("SELECT count(*) FROM pg_sleep(:seconds)")
        long sleep(double seconds);
    }

    @Test
    void a_statement_that_takes_too_long_is_cancelled() {
        assertThat(node.bean(Sleeper.class).sleep(0.01)).isEqualTo(1);
        assertThatThrownBy(() -> node.bean(Sleeper.class).sleep(60))
                .hasStackTraceContaining("canceling statement due to user request");
    }

    @Test
    void a_statement_waits_in_a_lane() throws InterruptedException {
        var lanes = node.bean(ConnectionLanes.class);
        int places = lanes.places(PostgresLane.MANAGEMENT);
        var taken = new CountDownLatch(places);
        var done = new CountDownLatch(1);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < places; i++) {
                var _ = threads.submit(() -> lanes.withPlace(PostgresLane.MANAGEMENT, Duration.ofMinutes(1), () -> {
                    taken.countDown();
                    return awaitQuietly(done);
                }));
            }
            taken.await();
            try {
                assertThatThrownBy(() -> node.bean(Sleeper.class).sleep(0)).isInstanceOf(NoTurnException.class);
            } finally {
                done.countDown();
            }
        }
    }

    private static boolean awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
            return true;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
