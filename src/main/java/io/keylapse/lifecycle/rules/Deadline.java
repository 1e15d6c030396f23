package io.keylapse.lifecycle.rules;

import io.keylapse.key.input.InvalidInputException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** Until when a key is asked to live. */
public sealed interface Deadline {
    /** A deadline sooner than this is a mistake, not a wish. */
    Duration SOONEST = Duration.ofSeconds(1);

    /** So long from now. */
    record After(Duration ttl) implements Deadline {}

    /** That instant. */
    record At(Instant expiresAt) implements Deadline {}

    /** Not said. */
    record None() implements Deadline {}

    /**
     * As long as was asked for or else as the key was issued for, though no longer than the rules allow now.
     *
     * @param asked null when it was not said
     * @param lifetime null for ever
     */
    static Deadline lasting(@Nullable Duration asked, @Nullable Duration lifetime, LifecycleSettings rules) {
        if (asked != null) {
            return new After(asked);
        }
        if (lifetime == null) {
            return new None();
        }
        // The longest lifetime may have been lowered since the key was issued.
        Duration longest = rules.maxLifetime();
        return new After(lifetime.compareTo(longest) > 0 ? longest : lifetime);
    }

    /**
     * The instant meant, in whole milliseconds; null when the key is to live for ever.
     *
     * @param now Postgres's clock
     * @throws InvalidInputException if the rules allow no such deadline
     */
    default @Nullable Instant resolve(Instant now, LifecycleSettings rules) {
        return switch (this) {
            case After(Duration ttl) -> now.plus(checked("ttl", ttl, rules)).truncatedTo(ChronoUnit.MILLIS);
            case At(Instant expiresAt) -> {
                Instant whole = expiresAt.truncatedTo(ChronoUnit.MILLIS);
                var _ = checked("expiresAt", Duration.between(now, whole), rules);
                yield whole;
            }
            case None _ -> {
                if (!rules.allowUnlimited()) {
                    throw new InvalidInputException("ttl", "either ttl or expiresAt is required");
                }
                yield null;
            }
        };
    }

    private static Duration checked(String field, Duration left, LifecycleSettings rules) {
        if (left.isNegative()) {
            throw new InvalidInputException(field, "must not be in the past");
        }
        if (left.compareTo(SOONEST) < 0) {
            throw new InvalidInputException(field, "must be at least 1 second away");
        }
        if (left.compareTo(rules.maxLifetime()) > 0) {
            throw new InvalidInputException(field, "must be at most " + describe(rules.maxLifetime()) + " away");
        }
        return left;
    }

    private static String describe(Duration duration) {
        return duration.equals(Duration.ofDays(duration.toDays())) ? duration.toDays() + " days" : duration.toString();
    }
}
