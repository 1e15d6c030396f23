package io.keylapse.lifecycle.rules;

import io.keylapse.key.KeyState;
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
        @Bindable(defaultValue = "P7D") Duration grace) {
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

    /** Until when the holder may renew this key; empty when he may not, at this moment or ever. */
    public Optional<Instant> until(KeyRecord key) {
        Instant expiresAt = key.term().expiresAt();
        boolean isRenewable =
                key.term().successorId() == null && (key.state() == KeyState.ACTIVE || key.state() == KeyState.EXPIRED);
        if (expiresAt == null || !isRenewable || policy == Policy.NEVER) {
            return Optional.empty();
        }
        Instant last = policy == Policy.WITHIN_GRACE ? expiresAt.plus(grace) : expiresAt;
        return Optional.of(last).filter(key.readAt()::isBefore);
    }

    /**
     * The deadline that a holder gets: at most the lifetime that the key was issued with from now, and never before its
     * present deadline. A key that was issued without a deadline, and was given one later, may have the longest lifetime
     * that the rules allow.
     *
     * @param term of a key that has a deadline
     * @param now Postgres's clock
     * @param asked how long the key is to live from now; null for as long as it may, or until its present deadline if that
     *     is later
     * @throws InvalidInputException naming {@code ttl}, if the holder may not have that
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
                            + ", the lifetime this key was issued with; whoever issued it may renew it for longer");
        }
        if (wanted.isBefore(present)) {
            throw new InvalidInputException(
                    "ttl",
                    "must not end this key before its present deadline, " + present.truncatedTo(ChronoUnit.MILLIS));
        }
        return wanted;
    }

    /** Lifetimes are kept in whole milliseconds, which may be one less than was asked for; hence the next whole second. */
    private static Duration longest(@Nullable Duration lifetime, LifecycleSettings rules) {
        if (lifetime == null) {
            return rules.maxLifetime();
        }
        Duration whole = lifetime.plusNanos(999_999_999).truncatedTo(ChronoUnit.SECONDS);
        return whole.compareTo(rules.maxLifetime()) > 0 ? rules.maxLifetime() : whole;
    }
}
