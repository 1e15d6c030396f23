package io.keylapse.active;

import java.time.Duration;

/**
 * Until when a write to Redis may still take effect.
 *
 * <p>Taken <em>before</em> Postgres is read or changed: what was read may be out of date by the time it is written, and
 * whatever ends the key leaves a tombstone that outlives every write that could contradict it. Reckoned on this
 * process's monotonic clock, and translated to the clock of the Redis server when the write is sent.
 *
 * @param nanoTime of {@link System#nanoTime()}
 */
public record WriteDeadline(long nanoTime) {
    /** How long a write may be under way. */
    public static final Duration ALLOWANCE = Duration.ofSeconds(5);

    /** The deadline of a write whose contents are about to be read. */
    public static WriteDeadline startingNow() {
        return new WriteDeadline(System.nanoTime() + ALLOWANCE.toNanos());
    }

    /** This one, or the end of the allowance that began at that {@link System#nanoTime()} if it is earlier. */
    WriteDeadline butNotAfter(long begun) {
        long end = begun + ALLOWANCE.toNanos();
        return end - nanoTime < 0 ? new WriteDeadline(end) : this;
    }

    long millisLeft() {
        return Math.floorDiv(nanoTime - System.nanoTime(), 1_000_000L);
    }
}
