package io.keylapse.harness;

import static io.keylapse.harness.CloseAfterTests.register;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class CloseAfterTestsTest {
    private static final List<String> CLOSED_FIELDS = new ArrayList<>();
    static final AutoCloseable OF_THE_CLASS = register(() -> CLOSED_FIELDS.add("of the class"));

    private final List<String> closed = new ArrayList<>();

    @RepeatedTest(3)
    void fields_of_a_test_are_closed_after_it_and_static_fields_stay_open(RepetitionInfo run) {
        assertThat(CLOSED_FIELDS).hasSize(run.getCurrentRepetition() - 1).doesNotContain("of the class");
        register(() -> CLOSED_FIELDS.add("of the test"));
    }

    @Test
    void the_last_opened_is_closed_first_and_a_failure_keeps_none_open() {
        int before = CloseAfterTests.opened();
        register(() -> closed.add("first"));
        register(() -> {
            throw new IllegalStateException("stuck");
        });
        register(() -> closed.add("last"));

        assertThatThrownBy(() -> CloseAfterTests.closeAllSince(before))
                .satisfies(failure -> assertThat(failure.getSuppressed())
                        .extracting(Throwable::getMessage)
                        .containsExactly("stuck"));
        assertThat(closed).containsExactly("last", "first");
    }

    @Test
    void what_a_test_closes_itself_is_not_closed_again() {
        int before = CloseAfterTests.opened();
        AutoCloseable once = register(() -> closed.add("again"));
        CloseAfterTests.unregister(once);

        CloseAfterTests.closeAllSince(before);

        assertThat(closed).isEmpty();
    }

    private static final class CannotStart {
        static {
            start();
        }

        private static void start() {
            throw new IllegalStateException("the port is in use");
        }
    }

    @Test
    void a_class_whose_fields_cannot_be_opened_fails_with_the_cause() {
        assertThatThrownBy(() -> CloseAfterTests.initialize(CannotStart.class))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the port is in use");
    }
}
