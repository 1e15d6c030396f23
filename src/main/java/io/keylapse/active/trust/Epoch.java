package io.keylapse.active.trust;

import jakarta.inject.Singleton;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts the moments from which on nothing is to be remembered that was learnt before: Redis may be another now, or may
 * have pushed a change that this node did not hear.
 */
@Singleton
public final class Epoch {
    private final AtomicLong current = new AtomicLong();

    /** What was learnt in another epoch than this is to be forgotten. */
    public long current() {
        return current.get();
    }

    /** Begins the next one. */
    public void advance() {
        current.incrementAndGet();
    }
}
