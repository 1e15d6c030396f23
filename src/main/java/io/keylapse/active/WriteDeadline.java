package io.keylapse.active;

import java.time.Duration;

/**
 * Time limit after which a write to Redis does nothing.
 *
 * <p>It is taken <em>before</em> Postgres is read or changed, because the content may be out of date when the write arrives.
 * Revocation and rotation leave a tombstone that outlives every such write. The limit is kept on this process's monotonic
 * clock and translated to the clock of the Redis server when the write is sent.
 *
 * @param nanoTime instant by {@link System#nanoTime()}
 */
public record WriteDeadline(long nanoTime) {
    /** Maximum time from reading the content to its effect in Redis. */
    public static final Duration ALLOWANCE = Duration.ofSeconds(5);

    /** Starts the allowance now. Call this before reading the content. */
    public static WriteDeadline startingNow() {
        return new WriteDeadline(System.nanoTime() + ALLOWANCE.toNanos());
    }

    /** The earlier of this deadline and {@code begun} plus the allowance; {@code begun} is a {@link System#nanoTime()}. */
    WriteDeadline butNotAfter(long begun) {
        long end = begun + ALLOWANCE.toNanos();
        return end - nanoTime < 0 ? new WriteDeadline(end) : this;
    }

    long millisLeft() {
        return Math.floorDiv(nanoTime - System.nanoTime(), 1_000_000L);
    }
}
