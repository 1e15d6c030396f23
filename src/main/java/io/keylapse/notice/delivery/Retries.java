package io.keylapse.notice.delivery;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * When a failed delivery is tried again: after seconds at first, for a receiver that restarts, and for more than three days
 * in all, for one whose people have a weekend.
 *
 * @see <a href="https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md">Standard
 *     Webhooks, whose schedule this is</a>
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

    /** So that what failed together does not come back together. */
    private static final double JITTER = 0.2;

    private static final Duration LONGEST = Duration.ofHours(24);

    /** What is postponed goes on within half an hour of the fault being mended. */
    private static final int MAX_PAUSES_FOR_OWN_FAULTS = 3;

    private Retries() {}

    /**
     * How long to wait after so many attempts have failed; nothing when it is given up.
     *
     * @param asked how long the receiver asked to be left alone, which is heeded for up to a day
     */
    static Optional<Duration> after(int attempts, @Nullable Duration asked, RandomGenerator random) {
        if (attempts > PAUSES.size()) {
            return Optional.empty();
        }
        Duration own = about(PAUSES.get(attempts - 1), random);
        if (asked == null || asked.compareTo(own) <= 0) {
            return Optional.of(own);
        }
        return Optional.of(asked.compareTo(LONGEST) > 0 ? LONGEST : asked);
    }

    /** How long to wait after an attempt that failed for a reason of ours, of so many in all; it is never given up. */
    static Duration afterOwnFault(int attempts, RandomGenerator random) {
        return about(PAUSES.get(Math.min(attempts, MAX_PAUSES_FOR_OWN_FAULTS) - 1), random);
    }

    private static Duration about(Duration pause, RandomGenerator random) {
        double factor = 1 + random.nextDouble(-JITTER, JITTER);
        return Duration.ofMillis(Math.round(pause.toMillis() * factor));
    }
}
