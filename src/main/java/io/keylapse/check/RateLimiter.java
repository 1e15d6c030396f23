package io.keylapse.check;

import java.time.Duration;
import java.util.OptionalLong;

/**
 * Lets so many a second go ahead, evenly, after a burst of at most a tenth of that. Our own, because it must go by the
 * clock of the simulation there.
 */
final class RateLimiter {
    private static final long BURST = Duration.ofMillis(100).toNanos();

    private final long interval;
    private long next = System.nanoTime() - BURST;

    /** That many a second. */
    RateLimiter(int rate) {
        this.interval = Duration.ofSeconds(1).toNanos() / rate;
    }

    /** How many nanoseconds to wait before going ahead, or nothing if that would be longer than patience lasts. */
    synchronized OptionalLong take(Duration patience) {
        long now = System.nanoTime();
        long wait = Math.max(next - now, -BURST);
        if (wait > patience.toNanos()) {
            return OptionalLong.empty();
        }
        next = now + wait + interval;
        return OptionalLong.of(Math.max(0, wait));
    }
}
