package io.keylapse.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.key.KeyId;
import io.keylapse.key.KeyState;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The state machine of a key: each event in each state. */
class KeyTermTest {
    private static final Instant ISSUED = Instant.parse("2027-01-01T00:00:00Z");
    private static final Duration HOUR = Duration.ofHours(1);
    private static final Instant DEADLINE = ISSUED.plus(HOUR);
    private static final Instant NOW = ISSUED.plusSeconds(600);
    private static final KeyId SUCCESSOR = new KeyId(new UUID(1, 2));
    private static final int VERSION = 7;

    /** Each state as it is written down. */
    @SuppressWarnings("ImmutableEnumChecker") // a record of values
    enum Written {
        ACTIVE(KeyState.ACTIVE, KeyState.EXPIRED, DEADLINE, null, null),
        UNLIMITED(KeyState.ACTIVE, KeyState.EXPIRED, null, null, null),
        IN_GRACE(KeyState.ACTIVE, KeyState.ROTATED, DEADLINE, null, SUCCESSOR),
        EXPIRED(KeyState.EXPIRED, KeyState.EXPIRED, DEADLINE, DEADLINE, null),
        ROTATED(KeyState.ROTATED, KeyState.ROTATED, DEADLINE, DEADLINE, SUCCESSOR),
        REVOKED(KeyState.REVOKED, KeyState.EXPIRED, DEADLINE, NOW, null),
        REVOKED_IN_GRACE(KeyState.REVOKED, KeyState.ROTATED, DEADLINE, NOW, SUCCESSOR);

        private final KeyTerm term;

        Written(
                KeyState recorded,
                KeyState endReason,
                @Nullable Instant expiresAt,
                @Nullable Instant endedAt,
                @Nullable KeyId successor) {
            term = new KeyTerm(recorded, endReason, VERSION, ISSUED, expiresAt, endedAt, HOUR, successor);
        }
    }

    @Test
    void a_new_key_is_active_in_version_1_and_lives_as_long_as_from_its_issue_to_its_deadline() {
        assertThat(KeyTerm.issued(ISSUED, DEADLINE))
                .isEqualTo(new KeyTerm(KeyState.ACTIVE, KeyState.EXPIRED, 1, ISSUED, DEADLINE, null, HOUR, null));
        assertThat(KeyTerm.issued(ISSUED, null))
                .isEqualTo(new KeyTerm(KeyState.ACTIVE, KeyState.EXPIRED, 1, ISSUED, null, null, null, null));
    }

    static Stream<Seen> states() {
        Instant before = DEADLINE.minusNanos(1);
        return Stream.of(
                new Seen(Written.ACTIVE, before, KeyState.ACTIVE, null),
                new Seen(Written.ACTIVE, DEADLINE, KeyState.EXPIRED, DEADLINE),
                new Seen(Written.ACTIVE, DEADLINE.plusNanos(1), KeyState.EXPIRED, DEADLINE),
                new Seen(Written.UNLIMITED, Instant.MAX, KeyState.ACTIVE, null),
                new Seen(Written.IN_GRACE, before, KeyState.ACTIVE, null),
                new Seen(Written.IN_GRACE, DEADLINE, KeyState.ROTATED, DEADLINE),
                new Seen(Written.EXPIRED, before, KeyState.EXPIRED, DEADLINE),
                new Seen(Written.EXPIRED, DEADLINE, KeyState.EXPIRED, DEADLINE),
                new Seen(Written.ROTATED, DEADLINE, KeyState.ROTATED, DEADLINE),
                new Seen(Written.REVOKED, before, KeyState.REVOKED, NOW),
                new Seen(Written.REVOKED, DEADLINE, KeyState.REVOKED, NOW),
                new Seen(Written.REVOKED_IN_GRACE, DEADLINE, KeyState.REVOKED, NOW));
    }

    /** A state, the instant at which it is looked at, and what is seen then. */
    record Seen(
            Written written,
            Instant at,
            KeyState state,
            @Nullable Instant endedAt) {}

    @ParameterizedTest
    @MethodSource("states")
    void the_deadline_counts_from_its_very_instant_on_whether_or_not_the_ending_is_written(Seen expected) {
        KeyTerm term = expected.written().term;
        assertThat(term.stateAt(expected.at())).isEqualTo(expected.state());
        assertThat(term.endedAt(expected.at())).isEqualTo(expected.endedAt());
        boolean ended = expected.state() != KeyState.ACTIVE;
        assertThat(term.isOverdueAt(expected.at())).isEqualTo(ended && term.recorded() == KeyState.ACTIVE);
    }

    @ParameterizedTest
    @EnumSource(Written.class)
    void an_ending_that_is_written_down_is_of_its_deadline_and_changes_no_version(Written written) {
        KeyTerm term = written.term;
        assertThat(term.lapsed())
                .isEqualTo(new KeyTerm(
                        term.endReason(),
                        term.endReason(),
                        VERSION,
                        ISSUED,
                        term.expiresAt(),
                        term.expiresAt(),
                        HOUR,
                        term.successorId()));
    }

    @ParameterizedTest
    @EnumSource(Written.class)
    void a_renewed_key_is_active_expires_at_its_new_deadline_and_keeps_the_lifetime_of_its_issue(Written written) {
        Instant later = DEADLINE.plus(HOUR);
        assertThat(written.term.renewed(later))
                .isEqualTo(
                        new KeyTerm(KeyState.ACTIVE, KeyState.EXPIRED, VERSION + 1, ISSUED, later, null, HOUR, null));
        assertThat(written.term.renewed(null).expiresAt()).isNull();
    }

    @ParameterizedTest
    @EnumSource(Written.class)
    void a_revoked_key_has_ended_then_and_keeps_its_deadline_and_successor(Written written) {
        KeyTerm term = written.term;
        KeyTerm revoked = term.revoked(NOW);
        assertThat(revoked)
                .isEqualTo(new KeyTerm(
                        KeyState.REVOKED,
                        term.endReason(),
                        VERSION + 1,
                        ISSUED,
                        term.expiresAt(),
                        NOW,
                        HOUR,
                        term.successorId()));
        assertThat(revoked.stateAt(DEADLINE)).isEqualTo(KeyState.REVOKED);
    }

    @ParameterizedTest
    @EnumSource(Written.class)
    void a_key_rotated_with_a_grace_that_ends_first_is_active_until_then_and_rotated_after(Written written) {
        Duration grace = Duration.between(NOW, DEADLINE).minusMillis(1);
        KeyTerm rotated = written.term.rotated(SUCCESSOR, NOW, grace);
        Instant graceEnd = DEADLINE.minusMillis(1);
        assertThat(rotated)
                .isEqualTo(new KeyTerm(
                        KeyState.ACTIVE, KeyState.ROTATED, VERSION + 1, ISSUED, graceEnd, null, HOUR, SUCCESSOR));
        assertThat(rotated.stateAt(graceEnd.minusNanos(1))).isEqualTo(KeyState.ACTIVE);
        assertThat(rotated.stateAt(graceEnd)).isEqualTo(KeyState.ROTATED);
    }

    @ParameterizedTest
    @EnumSource(value = Written.class, names = "UNLIMITED", mode = EnumSource.Mode.EXCLUDE)
    void a_key_that_ends_no_later_than_the_end_of_the_grace_ends_as_it_would_have_without_the_rotation(
            Written written) {
        Duration rest = Duration.between(NOW, DEADLINE);
        for (Duration grace : new Duration[] {rest, rest.plusMillis(1)}) {
            assertThat(written.term.rotated(SUCCESSOR, NOW, grace))
                    .isEqualTo(new KeyTerm(
                            KeyState.ACTIVE,
                            written.term.endReason(),
                            VERSION + 1,
                            ISSUED,
                            DEADLINE,
                            null,
                            HOUR,
                            SUCCESSOR));
        }
    }

    @Test
    void a_key_without_a_deadline_that_is_rotated_has_the_end_of_the_grace_as_its_own() {
        KeyTerm rotated = Written.UNLIMITED.term.rotated(SUCCESSOR, NOW, HOUR);
        assertThat(rotated.expiresAt()).isEqualTo(NOW.plus(HOUR));
        assertThat(rotated.stateAt(NOW.plus(HOUR))).isEqualTo(KeyState.ROTATED);
    }

    @ParameterizedTest
    @EnumSource(Written.class)
    void a_key_rotated_without_a_grace_has_ended_at_once(Written written) {
        assertThat(written.term.rotated(SUCCESSOR, NOW, Duration.ZERO))
                .isEqualTo(new KeyTerm(
                        KeyState.ROTATED, KeyState.ROTATED, VERSION + 1, ISSUED, NOW, NOW, HOUR, SUCCESSOR));
    }

    @ParameterizedTest
    @EnumSource(Written.class)
    void a_change_of_details_raises_the_version_and_nothing_else(Written written) {
        KeyTerm term = written.term;
        assertThat(term.touched())
                .isEqualTo(new KeyTerm(
                        term.recorded(),
                        term.endReason(),
                        VERSION + 1,
                        ISSUED,
                        term.expiresAt(),
                        term.endedAt(),
                        HOUR,
                        term.successorId()));
    }
}
