package io.keylapse.lifecycle.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.keylapse.key.input.InvalidInputException;
import io.keylapse.key.input.InvalidInputException.Violation;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class DeadlineTest {
    private static final LifecycleSettings RULES = new LifecycleSettings(Duration.ofDays(10), false);
    private static final LifecycleSettings UNLIMITED = new LifecycleSettings(Duration.ofDays(10), true);
    private static final Instant NOW = Instant.parse("2027-01-01T00:00:00.000999Z");

    private static Deadline in(Duration ttl) {
        return new Deadline.After(ttl);
    }

    private static Deadline at(Instant instant) {
        return new Deadline.At(instant);
    }

    @Test
    void a_deadline_is_in_whole_milliseconds_and_never_later_than_asked_for() {
        assertThat(in(Duration.ofSeconds(5)).resolve(NOW, RULES)).isEqualTo("2027-01-01T00:00:05Z");
        assertThat(at(Instant.parse("2027-01-02T00:00:00.001999Z")).resolve(NOW, RULES))
                .isEqualTo("2027-01-02T00:00:00.001Z");
    }

    @Test
    void a_deadline_is_at_least_a_second_away() {
        assertThat(in(Duration.ofSeconds(1)).resolve(NOW, RULES)).isEqualTo("2027-01-01T00:00:01Z");
        assertRefused(in(Duration.ofSeconds(1).minusNanos(1)), "ttl", "must be at least 1 second from now");
        assertRefused(in(Duration.ZERO), "ttl", "must be at least 1 second from now");
        assertRefused(in(Duration.ofNanos(-1)), "ttl", "must not be in the past");

        Instant whole = Instant.parse("2027-01-01T00:00:00Z");
        assertThat(at(whole.plusMillis(1_001)).resolve(NOW, RULES)).isEqualTo(whole.plusMillis(1_001));
        assertRefused(at(whole.plusMillis(1_000)), "expiresAt", "must be at least 1 second from now");
        assertRefused(at(whole), "expiresAt", "must not be in the past");
    }

    @Test
    void a_deadline_is_at_most_the_longest_lifetime_away() {
        assertThat(in(Duration.ofDays(10)).resolve(NOW, RULES)).isEqualTo("2027-01-11T00:00:00Z");
        assertRefused(in(Duration.ofDays(10).plusNanos(1)), "ttl", "must be at most 10 days from now");
        assertThat(at(NOW.plus(Duration.ofDays(10))).resolve(NOW, RULES)).isEqualTo("2027-01-11T00:00:00Z");
        assertRefused(at(NOW.plus(Duration.ofDays(10)).plusMillis(1)), "expiresAt", "must be at most 10 days from now");
    }

    @Test
    void a_longest_lifetime_that_is_not_whole_days_is_named_as_it_is() {
        var rules = new LifecycleSettings(Duration.ofHours(36), false);
        assertThatThrownBy(() -> in(Duration.ofHours(37)).resolve(NOW, rules))
                .hasMessageContaining("at most PT36H from now");
    }

    @Test
    void a_key_has_no_deadline_only_where_the_rules_allow_it() {
        assertThat(new Deadline.None().resolve(NOW, UNLIMITED)).isNull();
        assertRefused(new Deadline.None(), "ttl", "is required unless expiresAt is given");
    }

    @Test
    void a_successor_lives_as_long_as_asked_or_else_as_its_predecessor_was_issued_for_within_the_rules() {
        Duration day = Duration.ofDays(1);
        assertThat(Deadline.lasting(day, Duration.ofDays(3), RULES)).isEqualTo(in(day));
        assertThat(Deadline.lasting(day, null, RULES)).isEqualTo(in(day));
        assertThat(Deadline.lasting(null, Duration.ofDays(3), RULES)).isEqualTo(in(Duration.ofDays(3)));
        assertThat(Deadline.lasting(null, Duration.ofDays(30), RULES)).isEqualTo(in(Duration.ofDays(10)));
        assertThat(Deadline.lasting(null, null, RULES)).isEqualTo(new Deadline.None());
    }

    @Test
    void longest_lifetime_that_is_shorter_than_any_deadline_may_be_is_refused_as_a_setting() {
        assertThat(new LifecycleSettings(Duration.ofSeconds(1), false).maxLifetime())
                .hasSeconds(1);
        assertThatThrownBy(() -> new LifecycleSettings(Duration.ofMillis(999), false))
                .hasMessageContaining("keylapse.keys.max-lifetime");
    }

    private static void assertRefused(Deadline deadline, String field, String why) {
        assertThatThrownBy(() -> deadline.resolve(NOW, RULES))
                .isInstanceOfSatisfying(
                        InvalidInputException.class,
                        refused -> assertThat(refused.violations()).containsExactly(new Violation(field, why)));
    }
}
