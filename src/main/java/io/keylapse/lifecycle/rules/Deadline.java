package io.keylapse.lifecycle.rules;

import io.keylapse.key.input.InvalidInputException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** A requested deadline of a key: a lifetime, an instant, or none. */
public sealed interface Deadline {
    /** Minimum time until a deadline. A shorter one is taken for a mistake. */
    Duration SOONEST = Duration.ofSeconds(1);

    /** A lifetime from now. */
    record After(Duration ttl) implements Deadline {}

    /** A fixed instant. */
    record At(Instant expiresAt) implements Deadline {}

    /** No deadline was given. */
    record None() implements Deadline {}

    /**
     * The requested lifetime; without one, the lifetime that the key was issued with, limited to what the rules allow now.
     *
     * @param asked the requested lifetime; null for none
     * @param lifetime the lifetime that the key was issued with; null for unlimited
     */
    static Deadline lasting(@Nullable Duration asked, @Nullable Duration lifetime, LifecycleSettings rules) {
        if (asked != null) {
            return new After(asked);
        }
        if (lifetime == null) {
            return new None();
        }
        // The maximum may have been lowered since the key was issued.
        Duration longest = rules.maxLifetime();
        return new After(lifetime.compareTo(longest) > 0 ? longest : lifetime);
    }

    /**
     * The deadline in whole milliseconds; null for an unlimited lifetime.
     *
     * @param now the current time by Postgres's clock
     * @throws InvalidInputException if the rules do not allow this deadline
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
                    throw new InvalidInputException("ttl", "is required unless expiresAt is given");
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
            throw new InvalidInputException(field, "must be at least 1 second from now");
        }
        if (left.compareTo(rules.maxLifetime()) > 0) {
            throw new InvalidInputException(field, "must be at most " + describe(rules.maxLifetime()) + " from now");
        }
        return left;
    }

    private static String describe(Duration duration) {
        return duration.equals(Duration.ofDays(duration.toDays())) ? duration.toDays() + " days" : duration.toString();
    }
}
