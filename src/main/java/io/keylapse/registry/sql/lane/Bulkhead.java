package io.keylapse.registry.sql.lane;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/** So many places, first come first served. */
final class Bulkhead {
    private final int places;
    private final Semaphore free;
    private final LongAdder refused = new LongAdder();

    Bulkhead(int places) {
        this.places = places;
        this.free = new Semaphore(places, true);
    }

    /**
     * Takes a place; false if there is none within this time.
     *
     * @param mostWaiting how many may wait for one; false at once if so many do already
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
