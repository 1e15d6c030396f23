package io.keylapse.registry.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.keylapse.harness.Node;
import io.keylapse.key.input.InvalidInputException;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class HeavyReadIT {
    private static final String LONG = "SELECT pg_sleep(60)";

    private static Node node;
    private static Postgres postgres;

    @BeforeAll
    static void start() {
        node = Node.start();
        postgres = node.bean(Postgres.class);
    }

    @AfterAll
    static void stop() {
        node.close();
    }

    @Test
    void statements_that_say_nothing_have_a_time_limit() {
        assertThatThrownBy(() -> postgres.query(LONG, _ -> 1)).matches(PostgresFailure::wasCutShort);
        assertThatThrownBy(() -> postgres.update("DO 'BEGIN PERFORM pg_sleep(60); END'"))
                .matches(PostgresFailure::wasCutShort);
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
