package io.keylapse.lifecycle.rules;

import io.keylapse.key.input.InvalidInputException;
import io.keylapse.key.input.IsoDuration;
import io.keylapse.registry.KeyTerm;
import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Whether key holders may rotate their keys themselves.
 *
 * @param selfRotationPolicy when a key holder may rotate a key: {@code never} or {@code before-expiry}
 * @param selfRotationsPerDay how often a key and its successors may be rotated by their holder within 24 hours; further
 *     rotations get 429
 */
@ConfigurationProperties("keylapse")
public record SelfRotation(
        @Bindable(defaultValue = "NEVER") Policy selfRotationPolicy,
        @Bindable(defaultValue = "3") int selfRotationsPerDay) {
    public SelfRotation {
        if (selfRotationsPerDay < 1) {
            throw new IllegalArgumentException(
                    "keylapse.self-rotations-per-day (KEYLAPSE_SELF_ROTATIONS_PER_DAY) must be" + " at least 1, not "
                            + selfRotationsPerDay);
        }
    }

    /** When a key may be rotated by its holder. */
    public enum Policy {
        NEVER,
        BEFORE_EXPIRY
    }

    /** Whether key holders may rotate active keys. */
    public boolean isAllowed() {
        return selfRotationPolicy == Policy.BEFORE_EXPIRY;
    }

    /**
     * The deadline of a successor that a key holder asks for. Its distance from now is at most the lifetime that the old key
     * was issued with.
     *
     * @param old the term of the key to rotate
     * @param now the current time by Postgres's clock
     * @param asked the requested lifetime; null for the one that the old key was issued with
     * @return null for a successor without a deadline
     * @throws InvalidInputException naming {@code ttl}, if the key holder is not allowed this lifetime
     */
    public static @Nullable Instant deadline(
            KeyTerm old, Instant now, @Nullable Duration asked, LifecycleSettings rules) {
        Duration longest = SelfRenewal.longest(old.lifetime(), rules);
        if (asked == null) {
            // An unlimited key that got a deadline later must not lose it.
            boolean isUnlimited = old.lifetime() == null && old.expiresAt() == null;
            Deadline same = isUnlimited ? new Deadline.None() : new Deadline.After(longest);
            return same.resolve(now, rules);
        }
        Instant wanted = new Deadline.After(asked).resolve(now, rules);
        if (asked.compareTo(longest) > 0) {
            throw new InvalidInputException(
                    "ttl",
                    "must be at most " + IsoDuration.format(longest) + ", the lifetime this key was issued with");
        }
        return wanted;
    }
}
