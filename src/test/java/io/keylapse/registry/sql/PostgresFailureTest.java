package io.keylapse.registry.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PostgresFailureTest {
    @ParameterizedTest
    @ValueSource(strings = {"08006", "08001", "53300", "57P01", "57014", "25006", "55P03", "40P01", "25P03", "25P04"})
    void failure_to_answer_is_an_outage(String state) {
        assertThat(PostgresFailure.isUnavailable(new IllegalStateException(new SQLException("gone", state))))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"23505", "42P01", "22P05", "40001"})
    void refusal_by_postgres_is_no_outage(String state) {
        assertThat(PostgresFailure.isUnavailable(new IllegalStateException(new SQLException("refused", state))))
                .isFalse();
        assertThat(PostgresFailure.isUnavailable(new SQLException("wrapped", new SQLException("refused", state))))
                .isFalse();
    }

    @Test
    void pool_without_a_connection_or_with_a_broken_one_is_an_outage() {
        assertThat(PostgresFailure.isUnavailable(
                        new IllegalStateException(new SQLTransientConnectionException("timed out"))))
                .isTrue();
        assertThat(PostgresFailure.isUnavailable(new IllegalStateException(new SQLException("Connection is closed"))))
                .isTrue();
    }

    @Test
    void failure_of_our_own_is_no_outage() {
        assertThat(PostgresFailure.isUnavailable(new IllegalStateException("bug")))
                .isFalse();
    }
}
