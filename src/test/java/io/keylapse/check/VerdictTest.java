package io.keylapse.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.active.ActiveEntry;
import io.keylapse.key.KeyDigest;
import io.keylapse.key.KeyId;
import io.keylapse.key.KeyState;
import io.keylapse.registry.KeyDetails;
import io.keylapse.registry.KeyRecord;
import io.keylapse.registry.KeyTerm;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The verdict on a key as Postgres or Redis has it. */
class VerdictTest {
    private static final Instant ISSUED = Instant.parse("2027-01-01T00:00:00Z");
    private static final Instant DEADLINE = ISSUED.plusSeconds(3_600);
    private static final Instant DURING = ISSUED.plusSeconds(60);
    private static final KeyId ID = new KeyId(new UUID(1, 1));
    private static final KeyId SUCCESSOR = new KeyId(new UUID(2, 2));
    private static final KeyTerm TERM = KeyTerm.issued(ISSUED, DEADLINE);

    @Test
    void key_before_its_deadline_is_valid_with_its_owner_scopes_and_deadline() {
        assertThat(verdict(TERM, DEADLINE.minusMillis(1))).isInstanceOfSatisfying(Verdict.Good.class, good -> {
            assertThat(good.id()).isEqualTo(ID);
            assertThat(good.owner()).isEqualTo("owner");
            assertThat(good.scopes()).containsExactly("read");
            assertThat(good.expiresAt()).isEqualTo(DEADLINE);
        });
    }

    /** It stays in the near cache for at most 2 seconds. */
    @Test
    void use_of_a_valid_answer_is_noted_once_and_then_costs_nothing() {
        var good = (Verdict.Good) verdict(TERM, DURING);
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        assertThat(good.isNoted()).isFalse();
        good.setNoted();

        long before = threads.getCurrentThreadAllocatedBytes();
        boolean noted = true;
        for (int i = 0; i < 10_000; i++) {
            noted &= good.isNoted();
        }
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;

        assertThat(noted).isTrue();
        assertThat(allocated).isLessThan(10_000);
    }

    @Test
    void key_at_its_deadline_is_expired_whether_or_not_that_is_recorded() {
        var expired = new Verdict.Expired(ID, "owner", DEADLINE, null);
        assertThat(verdict(TERM, DEADLINE)).isEqualTo(expired);
        assertThat(verdict(TERM.lapsed(), DEADLINE)).isEqualTo(expired);
    }

    @Test
    void revoked_key_is_revoked_also_after_its_deadline() {
        assertThat(verdict(TERM.revoked(DURING), DEADLINE)).isEqualTo(new Verdict.Revoked(ID, DURING));
    }

    @Test
    void rotated_key_is_valid_until_its_grace_ends_and_then_names_its_successor() {
        KeyTerm rotated = TERM.rotated(SUCCESSOR, DURING, Duration.ofMinutes(5));
        Instant end = DURING.plusSeconds(300);
        assertThat(verdict(rotated, end.minusMillis(1))).isInstanceOf(Verdict.Good.class);
        assertThat(verdict(rotated, end)).isEqualTo(new Verdict.Rotated(ID, end, SUCCESSOR));
    }

    @Test
    void entry_of_redis_is_valid_before_its_deadline_with_everything_that_postgres_would_say() {
        var live = new ActiveEntry.Live(ID, 3, DEADLINE, "owner", List.of("read"));
        assertThat(Verdict.of(live, DEADLINE.minusMillis(1)))
                .hasValueSatisfying(verdict -> assertThat(verdict).isInstanceOfSatisfying(Verdict.Good.class, good -> {
                    assertThat(good.id()).isEqualTo(ID);
                    assertThat(good.owner()).isEqualTo("owner");
                    assertThat(good.scopes()).containsExactly("read");
                    assertThat(good.expiresAt()).isEqualTo(DEADLINE);
                }));
    }

    @Test
    void entry_of_redis_at_its_deadline_decides_nothing_because_the_key_may_have_been_renewed() {
        assertThat(Verdict.of(new ActiveEntry.Live(ID, 3, DEADLINE, "owner", List.of()), DEADLINE))
                .isEmpty();
    }

    @Test
    void entry_of_redis_without_deadline_is_valid_for_ever() {
        assertThat(Verdict.of(new ActiveEntry.Live(ID, 3, null, "owner", List.of()), Instant.MAX))
                .hasValueSatisfying(verdict -> assertThat(verdict).isInstanceOf(Verdict.Good.class));
    }

    @Test
    void tombstone_says_how_the_key_ended_at_any_time() {
        assertThat(Verdict.of(new ActiveEntry.Tombstone(ID, 2, KeyState.REVOKED, DURING, null), ISSUED))
                .hasValue(new Verdict.Revoked(ID, DURING));
        assertThat(Verdict.of(new ActiveEntry.Tombstone(ID, 2, KeyState.ROTATED, DURING, SUCCESSOR), DEADLINE))
                .hasValue(new Verdict.Rotated(ID, DURING, SUCCESSOR));
    }

    @Test
    void valid_key_lacks_a_scope_unless_it_has_all_that_are_demanded() {
        var good = new Verdict.Good(ID, "owner", List.of("read", "write"), DEADLINE);
        assertThat(good.demanding(List.of())).isSameAs(good);
        assertThat(good.demanding(List.of("write", "read"))).isSameAs(good);
        assertThat(good.demanding(List.of("read", "admin")))
                .isEqualTo(new Verdict.ScopeMissing(ID, List.of("read", "admin")));
    }

    @Test
    void refusal_stays_the_same_whatever_scopes_are_demanded() {
        var refusal = new Verdict.Revoked(ID, DURING);
        assertThat(refusal.demanding(List.of("admin"))).isSameAs(refusal);
    }

    private static Verdict verdict(KeyTerm term, Instant now) {
        return Verdict.of(new KeyRecord(
                ID,
                new KeyDigest(new byte[32]),
                "hint",
                "owner",
                new KeyDetails("", List.of("read"), "{}", null, null),
                term,
                null,
                now));
    }
}
