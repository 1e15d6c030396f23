package io.keylapse.http.connection.lane;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** A concurrency limit: a fixed number of places, and a first-in, first-out queue for requests that find none free. */
public final class RequestLane {
    private final Queue<Runnable> waiting = new ArrayDeque<>();
    private int free;

    RequestLane(int places) {
        this.free = places;
    }

    /**
     * Takes a place.
     *
     * @param whenGranted runs later, on any thread, once there is a place; never if there is one now
     * @return whether there is a place now
     */
    synchronized boolean enter(Runnable whenGranted) {
        if (free > 0) {
            free--;
            return true;
        }
        waiting.add(whenGranted);
        return false;
    }

    /** Releases a place and grants it to the request that has waited longest. */
    void leave() {
        for (Runnable next = next(); next != null; next = next()) {
            try {
                next.run();
                return;
            } catch (RejectedExecutionException stopped) {
                // Its event loop has stopped, so its connection is gone; try the next one.
            }
        }
    }

    private synchronized @Nullable Runnable next() {
        Runnable next = waiting.poll();
        if (next == null) {
            free++;
        }
        return next;
    }

    /** The number of requests that wait. */
    synchronized int waiting() {
        return waiting.size();
    }
}
