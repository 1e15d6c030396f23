package io.keylapse.lifecycle.rules;

import io.keylapse.key.KeyState;
import io.keylapse.key.RenewalWindow;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.key.input.IsoDuration;
import io.keylapse.registry.KeyRecord;
import io.keylapse.registry.KeyTerm;
import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whether key holders may renew their keys themselves.
 *
 * @param policy when a key holder may renew a key: {@code never}, {@code before-expiry} or {@code within-grace}
 * @param grace how long after its deadline a key may be renewed by its holder, with {@code within-grace}
 */
@ConfigurationProperties("keylapse.self-renewal")
public record SelfRenewal(
        @Bindable(defaultValue = "NEVER") Policy policy,
        @Bindable(defaultValue = "P7D") Duration grace) implements RenewalWindow {
    public SelfRenewal {
        if (grace.isNegative()) {
            throw new IllegalArgumentException("keylapse.self-renewal.grace must not be negative, but is " + grace);
        }
    }

    /** When a key may be renewed by its holder. */
    public enum Policy {
        NEVER,
        BEFORE_EXPIRY,
        WITHIN_GRACE
    }

    /** Until when the key holder may renew this key; empty if renewal is not allowed now. */
    public Optional<Instant> until(KeyRecord key) {
        Instant expiresAt = key.term().expiresAt();
        boolean isRenewable =
                key.term().successorId() == null && (key.state() == KeyState.ACTIVE || key.state() == KeyState.EXPIRED);
        return expiresAt == null || !isRenewable
                ? Optional.empty()
                : endFor(expiresAt).filter(key.readAt()::isBefore);
    }

    @Override
    public Optional<Instant> endFor(Instant deadline) {
        return switch (policy) {
            case NEVER -> Optional.empty();
            case BEFORE_EXPIRY -> Optional.of(deadline);
            case WITHIN_GRACE -> Optional.of(deadline.plus(grace));
        };
    }

    /**
     * The new deadline of a key that its holder renews. It is never before the present deadline. Its distance from now is at
     * most the lifetime that the key was issued with. For a key that was issued without a deadline and got one later, it is
     * at most the longest lifetime that the rules allow.
     *
     * @param term the term of a key that has a deadline
     * @param now the current time by Postgres's clock
     * @param asked the requested lifetime from now; null for the longest possible one, or for the present deadline if that
     *     is later
     * @throws InvalidInputException naming {@code ttl}, if the key holder is not allowed this lifetime
     */
    public static Instant deadline(KeyTerm term, Instant now, @Nullable Duration asked, LifecycleSettings rules) {
        Instant present = Objects.requireNonNull(term.expiresAt());
        Duration longest = longest(term.lifetime(), rules);
        if (asked == null) {
            Instant usual = now.plus(longest).truncatedTo(ChronoUnit.MILLIS);
            return usual.isBefore(present) ? present : usual;
        }
        Instant wanted = Objects.requireNonNull(new Deadline.After(asked).resolve(now, rules));
        if (asked.compareTo(longest) > 0) {
            throw new InvalidInputException(
                    "ttl",
                    "must be at most " + IsoDuration.format(longest)
                            + ", the lifetime this key was issued with; its issuer can renew it for longer");
        }
        if (wanted.isBefore(present)) {
            throw new InvalidInputException(
                    "ttl",
                    "must not end this key before its present deadline, " + present.truncatedTo(ChronoUnit.MILLIS));
        }
        return wanted;
    }

    /** Rounded up to whole seconds, because the stored lifetime can be 1 ms shorter than the requested one. */
    static Duration longest(@Nullable Duration lifetime, LifecycleSettings rules) {
        if (lifetime == null) {
            return rules.maxLifetime();
        }
        Duration whole = lifetime.plusNanos(999_999_999).truncatedTo(ChronoUnit.SECONDS);
        return whole.compareTo(rules.maxLifetime()) > 0 ? rules.maxLifetime() : whole;
    }
}
