package io.keylapse.degraded;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Client.Answer;
import io.keylapse.registry.sql.Columns;
import io.keylapse.registry.sql.Postgres;
import io.keylapse.registry.sql.lane.ConnectionLanes;
import io.keylapse.registry.sql.lane.PostgresLane;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Connections to Postgres that die silently delay neither the recording of expiries nor the change feed. */
class DeadConnectionsIT {
    /** The limit for recording every expiry once Postgres responds. */
    private static final Duration BOUND = Duration.ofSeconds(4);

    private static final WiredNode wired = new WiredNode();

    @Test
    void expiries_are_recorded_in_time_though_every_open_connection_is_dead() {
        openManyConnections();
        List<Answer> lapsing = issueLapsing();
        Instant deadline = Instant.parse(lapsing.getFirst().text("expiresAt"));
        await().until(() -> Instant.now().isAfter(deadline.minusMillis(200)));

        wired.toPostgres.forget();

        lapsing.forEach(each -> assertThat(recordedAt(each))
                .isBeforeOrEqualTo(Instant.parse(each.text("expiresAt")).plus(BOUND)));
    }

    @Test
    void expiries_are_recorded_in_time_after_a_while_in_which_nothing_came_through() {
        List<Answer> lapsing = issueLapsing();
        wired.toPostgres.swallow();
        Instant deadline = Instant.parse(lapsing.getLast().text("expiresAt"));
        await().until(() -> Instant.now().isAfter(deadline.plusSeconds(5)));

        // Connections that were being opened meanwhile are dead too.
        wired.toPostgres.forget();
        Instant healthy = Instant.now();

        lapsing.forEach(each -> assertThat(recordedAt(each)).isBeforeOrEqualTo(healthy.plus(BOUND)));
    }

    private static List<Answer> issueLapsing() {
        return IntStream.range(0, 5)
                .mapToObj(_ -> wired.issue(Duration.ofSeconds(2)))
                .toList();
    }

    /** As many as management calls may hold. */
    private static void openManyConnections() {
        int most = wired.node.bean(ConnectionLanes.class).places(PostgresLane.MANAGEMENT);
        var allAtOnce = new CountDownLatch(most);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < most; i++) {
                var _ = threads.submit(() -> wired.node.bean(Postgres.class).inTransaction(() -> {
                    wired.node.bean(Postgres.class).now();
                    allAtOnce.countDown();
                    return isReached(allAtOnce);
                }));
            }
        }
        assertThat(allAtOnce.getCount()).isZero();
    }

    private static boolean isReached(CountDownLatch latch) {
        try {
            return latch.await(10, SECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Read directly, because a request may hang on a dead connection. */
    private static Instant recordedAt(Answer issued) {
        try (Connection connection = wired.stores.connect();
                PreparedStatement query =
                        connection.prepareStatement("SELECT recorded_at FROM blacklist WHERE owner = ?")) {
            query.setString(1, issued.text("owner"));
            return await().atMost(60, SECONDS)
                    .until(() -> recordedAt(query), Optional::isPresent)
                    .orElseThrow();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Optional<Instant> recordedAt(PreparedStatement query) throws SQLException {
        try (ResultSet row = query.executeQuery()) {
            return row.next() ? Optional.of(Columns.instant(row, 1)) : Optional.empty();
        }
    }
}
