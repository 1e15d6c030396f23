package io.keylapse.lifecycle.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.keylapse.key.KeyDigest;
import io.keylapse.key.KeyId;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.key.input.InvalidInputException.Violation;
import io.keylapse.lifecycle.rules.SelfRenewal.Policy;
import io.keylapse.registry.KeyDetails;
import io.keylapse.registry.KeyRecord;
import io.keylapse.registry.KeyTerm;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The limits of a renewal by a key holder. */
class SelfRenewalTest {
    private static final LifecycleSettings RULES = new LifecycleSettings(Duration.ofDays(366), true);
    private static final Instant ISSUED = Instant.parse("2027-01-01T00:00:00Z");
    private static final Duration HOUR = Duration.ofHours(1);

    @Test
    void holder_gets_the_lifetime_that_the_key_was_issued_with() {
        Instant now = ISSUED.plusSeconds(600);
        assertThat(deadline(term(HOUR), now, null)).isEqualTo(now.plus(HOUR));
        assertThat(deadline(term(HOUR), now, HOUR)).isEqualTo(now.plus(HOUR));
    }

    @Test
    void holder_may_ask_for_less_down_to_the_present_deadline() {
        Instant now = ISSUED.plusSeconds(600);
        assertThat(deadline(term(HOUR), now, Duration.ofMinutes(55))).isEqualTo(now.plusSeconds(3_300));
        assertThat(deadline(term(HOUR), now, Duration.ofMinutes(50))).isEqualTo(ISSUED.plus(HOUR));
        assertRefused(term(HOUR), now, Duration.ofMinutes(50).minusMillis(1), "before its present deadline");
        assertRefused(term(HOUR), now, Duration.ofSeconds(1), "before its present deadline, 2027-01-01T01:00:00Z");
    }

    @Test
    void holder_may_not_ask_for_more_than_the_key_was_issued_with() {
        Instant now = ISSUED.plusSeconds(600);
        assertRefused(term(HOUR), now, HOUR.plusMillis(1), "at most PT1H");
        assertRefused(term(HOUR), now, Duration.ofDays(366), "at most PT1H");
        assertRefused(term(HOUR), now, Duration.ofDays(367), "at most 366 days");
    }

    @Test
    void lifetime_that_was_kept_a_millisecond_short_is_as_long_as_was_asked_for() {
        Instant now = ISSUED.plusSeconds(600);
        KeyTerm term = term(HOUR.minusMillis(1));
        assertThat(deadline(term, now, HOUR)).isEqualTo(now.plus(HOUR));
        assertThat(deadline(term, now, null)).isEqualTo(now.plus(HOUR));
    }

    @Test
    void key_whose_deadline_was_put_off_by_somebody_else_keeps_it() {
        Instant put = ISSUED.plus(Duration.ofDays(30));
        KeyTerm term = term(HOUR).renewed(put);
        assertThat(deadline(term, ISSUED, null)).isEqualTo(put);
        assertRefused(term, ISSUED, HOUR, "before its present deadline");
        assertRefused(term, ISSUED, Duration.ofDays(31), "at most PT1H");
    }

    @Test
    void present_deadline_beyond_a_longest_lifetime_that_was_lowered_is_kept() {
        var lowered = new LifecycleSettings(Duration.ofDays(1), false);
        KeyTerm term = term(Duration.ofDays(90));
        assertThat(SelfRenewal.deadline(term, ISSUED, null, lowered)).isEqualTo(ISSUED.plus(Duration.ofDays(90)));
        Instant late = ISSUED.plus(Duration.ofDays(89)).plus(HOUR);
        assertThat(SelfRenewal.deadline(term, late, null, lowered)).isEqualTo(late.plus(Duration.ofDays(1)));
    }

    @Test
    void expired_key_may_be_given_any_part_of_its_lifetime_from_now() {
        Instant now = ISSUED.plus(Duration.ofDays(2));
        assertThat(deadline(term(HOUR), now, Duration.ofSeconds(1))).isEqualTo(now.plusSeconds(1));
        assertThat(deadline(term(HOUR), now, null)).isEqualTo(now.plus(HOUR));
        assertRefused(term(HOUR), now, Duration.ZERO, "at least 1 second");
        assertRefused(term(HOUR), now, Duration.ofSeconds(-5), "must not be in the past");
    }

    @Test
    void key_that_was_issued_without_a_deadline_may_have_the_longest_lifetime() {
        KeyTerm term = term(null).renewed(ISSUED.plus(HOUR));
        assertThat(deadline(term, ISSUED, null)).isEqualTo(ISSUED.plus(RULES.maxLifetime()));
        assertThat(deadline(term, ISSUED, Duration.ofDays(366))).isEqualTo(ISSUED.plus(RULES.maxLifetime()));
        assertRefused(term, ISSUED, Duration.ofMinutes(59), "before its present deadline");
    }

    @ParameterizedTest
    @CsvSource({
        // policy, from the deadline on, whether it may be renewed
        "NEVER, -1, false",
        "BEFORE_EXPIRY, -1, true",
        "BEFORE_EXPIRY, 0, false",
        "WITHIN_GRACE, -1, true",
        "WITHIN_GRACE, 0, true",
        "WITHIN_GRACE, 59999, true",
        "WITHIN_GRACE, 60000, false"
    })
    void policy_says_until_when_a_holder_may_renew(Policy policy, long millis, boolean may) {
        var renewal = new SelfRenewal(policy, Duration.ofMinutes(1));
        Instant deadline = ISSUED.plus(HOUR);
        assertThat(renewal.until(key(term(HOUR), deadline.plusMillis(millis))))
                .isEqualTo(
                        !may
                                ? Optional.empty()
                                : Optional.of(policy == Policy.WITHIN_GRACE ? deadline.plusSeconds(60) : deadline));
    }

    @Test
    void holder_never_renews_what_has_no_deadline_was_revoked_or_has_a_successor() {
        var renewal = new SelfRenewal(Policy.WITHIN_GRACE, Duration.ofDays(7));
        Instant now = ISSUED.plusSeconds(600);
        var successor = new KeyId(new UUID(1, 2));
        assertThat(renewal.until(key(term(null), now))).isEmpty();
        assertThat(renewal.until(key(term(HOUR).revoked(now), now))).isEmpty();
        assertThat(renewal.until(key(term(HOUR).rotated(successor, now, Duration.ZERO), now)))
                .isEmpty();
        assertThat(renewal.until(key(term(HOUR).rotated(successor, now, HOUR), now)))
                .isEmpty();
        assertThat(renewal.until(key(term(HOUR).lapsed(), ISSUED.plus(HOUR)))).isPresent();
    }

    @Test
    void grace_that_is_negative_is_refused_as_a_setting() {
        assertThat(new SelfRenewal(Policy.NEVER, Duration.ZERO).grace()).isZero();
        assertThatThrownBy(() -> new SelfRenewal(Policy.NEVER, Duration.ofMillis(-1)))
                .hasMessageContaining("keylapse.self-renewal.grace");
    }

    private static KeyRecord key(KeyTerm term, Instant readAt) {
        return new KeyRecord(
                new KeyId(new UUID(3, 4)),
                new KeyDigest(new byte[32]),
                "kl_...",
                "acme",
                new KeyDetails("", List.of(), "{}", null, null),
                term,
                null,
                readAt);
    }

    private static KeyTerm term(@Nullable Duration lifetime) {
        return KeyTerm.issued(ISSUED, lifetime == null ? null : ISSUED.plus(lifetime));
    }

    private static Instant deadline(KeyTerm term, Instant now, @Nullable Duration asked) {
        return SelfRenewal.deadline(term, now, asked, RULES);
    }

    private static void assertRefused(KeyTerm term, Instant now, Duration asked, String why) {
        assertThatThrownBy(() -> deadline(term, now, asked))
                .isInstanceOfSatisfying(
                        InvalidInputException.class,
                        refused -> assertThat(refused.violations())
                                .singleElement()
                                .satisfies(violation -> {
                                    assertThat(violation.field()).isEqualTo("ttl");
                                    assertThat(violation)
                                            .extracting(Violation::message)
                                            .asString()
                                            .contains(why);
                                }));
    }
}
