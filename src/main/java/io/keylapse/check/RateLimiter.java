package io.keylapse.check;

import java.time.Duration;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/**
 * Rate limiter: permits a number of actions per second, evenly spaced, after a burst of at most a tenth of that number. No
 * library, because it must use the clock of the simulation.
 */
final class RateLimiter {
    private static final long BURST = Duration.ofMillis(100).toNanos();

    private final long interval;
    private final LongSupplier nanoTime;
    private long next;

    /** @param rate permitted actions per second */
    RateLimiter(int rate) {
        // No method reference: the simulation replaces calls.
        this(rate, () -> System.nanoTime());
    }

    RateLimiter(int rate, LongSupplier nanoTime) {
        this.interval = Duration.ofSeconds(1).toNanos() / rate;
        this.nanoTime = nanoTime;
        this.next = nanoTime.getAsLong() - BURST;
    }

    /** Takes a permit. Returns the nanoseconds to wait before using it; empty if that is longer than {@code maxWait}. */
    synchronized OptionalLong take(Duration maxWait) {
        long now = nanoTime.getAsLong();
        long wait = Math.max(next - now, -BURST);
        if (wait > maxWait.toNanos()) {
            return OptionalLong.empty();
        }
        next = now + wait + interval;
        return OptionalLong.of(Math.max(0, wait));
    }
}
