package io.keylapse.registry.sql.lane;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/** A bulkhead: a fair semaphore with a limited queue, and counts of its use. */
final class Bulkhead {
    private final int places;
    private final Semaphore free;
    private final LongAdder refused = new LongAdder();

    Bulkhead(int places) {
        this.places = places;
        this.free = new Semaphore(places, true);
    }

    /**
     * Takes a place. Returns false if none becomes free within {@code patience}.
     *
     * @param mostWaiting maximum length of the queue; returns false at once if it is full
     */
    boolean enter(Duration patience, int mostWaiting) {
        boolean entered = false;
        try {
            entered = free.tryAcquire()
                    || (free.getQueueLength() < mostWaiting
                            && free.tryAcquire(patience.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (!entered) {
            refused.increment();
        }
        return entered;
    }

    void leave() {
        free.release();
    }

    int places() {
        return places;
    }

    int inUse() {
        return places - free.availablePermits();
    }

    int waiting() {
        return free.getQueueLength();
    }

    LongAdder refused() {
        return refused;
    }
}
