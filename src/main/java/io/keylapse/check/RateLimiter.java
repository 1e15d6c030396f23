package io.keylapse.check;

import java.time.Duration;
import java.util.OptionalLong;

/**
 * Rate limiter: permits a number of actions per second, evenly spaced, after a burst of at most a tenth of that number. No
 * library, because it must use the clock of the simulation.
 */
final class RateLimiter {
    private static final long BURST = Duration.ofMillis(100).toNanos();

    private final long interval;
    private long next = System.nanoTime() - BURST;

    /** @param rate permitted actions per second */
    RateLimiter(int rate) {
        this.interval = Duration.ofSeconds(1).toNanos() / rate;
    }

    /** Takes a permit. Returns the nanoseconds to wait before using it; empty if that is longer than {@code maxWait}. */
    synchronized OptionalLong take(Duration maxWait) {
        long now = System.nanoTime();
        long wait = Math.max(next - now, -BURST);
        if (wait > maxWait.toNanos()) {
            return OptionalLong.empty();
        }
        next = now + wait + interval;
        return OptionalLong.of(Math.max(0, wait));
    }
}
