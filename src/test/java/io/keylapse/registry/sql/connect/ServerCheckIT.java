package io.keylapse.registry.sql.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.keylapse.harness.OwnDatabase;
import io.keylapse.harness.Stores;
import io.keylapse.history.CurrentHistory;
import io.keylapse.history.History;
import io.keylapse.history.HistoryObservation;
import io.keylapse.history.HistoryPosition;
import io.keylapse.registry.sql.PostgresFailure;
import io.keylapse.registry.sql.WrongServerException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** An address may resolve to several servers, so each connection is checked separately. */
class ServerCheckIT {
    private final CurrentHistory history = new CurrentHistory();
    private final ServerCheck check = new ServerCheck(history);

    private static long system() {
        return Stores.shared().ask("SELECT system_identifier FROM pg_control_system()");
    }

    /** Sets the server that this node follows: its system identifier and timeline. */
    private void goesBy(long system, int timeline) {
        var moment = new HistoryPosition(new History(new UUID(0, 1), system, timeline, 2, 3, 4), 100, new UUID(1, 1));
        history.observe(history.known(), new HistoryObservation(moment, Instant.EPOCH, 0, true));
    }

    @Test
    void a_connection_to_a_primary_passes_and_keeps_its_time_out() throws SQLException {
        goesBy(system(), 1);
        try (Connection connection = Stores.shared().connect()) {
            int before = connection.getNetworkTimeout();
            assertThat(check.checked(connection)).isSameAs(connection);
            assertThat(connection.getNetworkTimeout()).isEqualTo(before);
            assertThat(connection.isClosed()).isFalse();
        }
    }

    @Test
    void a_connection_to_a_primary_whose_standby_was_promoted_is_refused_and_closed() throws SQLException {
        goesBy(system(), 2);
        try (Connection connection = Stores.shared().connect()) {
            assertThatThrownBy(() -> check.checked(connection))
                    .isInstanceOf(WrongServerException.class)
                    .hasMessageContainingAll(
                            "KEYLAPSE_POSTGRES_URL", "timeline 1", "promoted to timeline 2", "to the primary")
                    .satisfies(refusal ->
                            assertThat(PostgresFailure.isUnavailable(refusal)).isTrue());
            assertThat(connection.isClosed()).isTrue();
            assertThat(check.complaint())
                    .hasValueSatisfying(words -> assertThat(words).contains("timeline 1"));
        }
    }

    @Test
    void another_system_with_a_lesser_timeline_is_not_superseded() throws SQLException {
        goesBy(system() + 1, 2);
        try (Connection connection = Stores.shared().connect()) {
            assertThat(check.checked(connection)).isSameAs(connection);
        }
    }

    @Test
    void a_server_that_may_not_be_asked_passes_and_the_connection_stays_usable() throws SQLException {
        try (var database = new OwnDatabase()) {
            database.run("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC");
            try (Connection connection =
                    DriverManager.getConnection(database.url(), database.owner(), OwnDatabase.PASSWORD)) {
                assertThat(check.checked(connection)).isSameAs(connection);
                assertThat(connection.isValid(1)).isTrue();
            }
            assertThat(check.complaint()).isEmpty();
        }
    }
}
