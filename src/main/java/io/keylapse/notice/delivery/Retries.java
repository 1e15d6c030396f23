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
        Duration pause = PAUSES.get(attempts - 1);
        double factor = 1 + random.nextDouble(-JITTER, JITTER);
        Duration own = Duration.ofMillis(Math.round(pause.toMillis() * factor));
        if (asked == null || asked.compareTo(own) <= 0) {
            return Optional.of(own);
        }
        return Optional.of(asked.compareTo(LONGEST) > 0 ? LONGEST : asked);
    }
}
