package io.keylapse.active.trust;

import jakarta.inject.Singleton;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Version counter of this node's near cache. It advances when Redis may be another server, or may have published changes
 * that this node did not receive, and when version floors are forgotten; cache entries of an earlier epoch are then invalid.
 */
@Singleton
public final class Epoch {
    private final AtomicLong current = new AtomicLong();

    /** The current epoch. Entries of any other epoch are invalid. */
    public long current() {
        return current.get();
    }

    /** Starts a new epoch. */
    public void advance() {
        current.incrementAndGet();
    }
}
