package io.keylapse.notice.delivery;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The retry schedule of deliveries: the first retry after 5 seconds, for a receiver that restarts, and the last one after
 * more than 3 days, so that a receiver may be down over a weekend.
 *
 * @see <a href="https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md">Standard
 *     Webhooks, which defines this schedule</a>
 */
final class Retries {
    private static final List<Duration> PAUSES = List.of(
            Duration.ofSeconds(5),
            Duration.ofMinutes(5),
            Duration.ofMinutes(30),
            Duration.ofHours(2),
            Duration.ofHours(5),
            Duration.ofHours(10),
            Duration.ofHours(14),
            Duration.ofHours(20),
            Duration.ofHours(24));

    /** Spreads the retries of deliveries that failed at the same time. */
    private static final double JITTER = 0.2;

    private static final Duration MAX_PAUSE = Duration.ofHours(24);

    /** Postponed deliveries are retried about every 30 minutes, so they go out soon after the fault is fixed. */
    private static final int MAX_PAUSES_FOR_OWN_FAULTS = 3;

    private Retries() {}

    /**
     * The pause after a number of failed attempts; empty if the delivery is given up.
     *
     * @param asked the pause that the receiver asked for, which is honoured up to 24 hours
     */
    static Optional<Duration> after(int attempts, @Nullable Duration asked, RandomGenerator random) {
        if (attempts > PAUSES.size()) {
            return Optional.empty();
        }
        Duration own = about(PAUSES.get(attempts - 1), random);
        if (asked == null || asked.compareTo(own) <= 0) {
            return Optional.of(own);
        }
        return Optional.of(asked.compareTo(MAX_PAUSE) > 0 ? MAX_PAUSE : asked);
    }

    /** The pause after an attempt that failed on our side. Such a delivery is never given up. */
    static Duration afterOwnFault(int attempts, RandomGenerator random) {
        return about(PAUSES.get(Math.min(attempts, MAX_PAUSES_FOR_OWN_FAULTS) - 1), random);
    }

    private static Duration about(Duration pause, RandomGenerator random) {
        double factor = 1 + random.nextDouble(-JITTER, JITTER);
        return Duration.ofMillis(Math.round(pause.toMillis() * factor));
    }
}
