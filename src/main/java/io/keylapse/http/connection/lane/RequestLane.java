package io.keylapse.http.connection.lane;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** A concurrency limit: a fixed number of places, and a first-in, first-out queue for requests that find none free. */
public final class RequestLane {
    private final Queue<Runnable> waiting = new ArrayDeque<>();
    private final int mostWaiting;
    private int free;

    /** @param mostWaiting maximum length of the queue; further requests are refused */
    RequestLane(int places, int mostWaiting) {
        this.free = places;
        this.mostWaiting = mostWaiting;
    }

    /** Whether a request that asked for a place has one. */
    public enum Entry {
        /** There is a place now. */
        GRANTED,
        /** There will be a place later. */
        QUEUED,
        /** The queue is full. */
        REFUSED
    }

    /**
     * Takes a place.
     *
     * @param whenGranted runs later, on any thread, once there is a place; only if the request is queued
     */
    synchronized Entry enter(Runnable whenGranted) {
        if (free > 0) {
            free--;
            return Entry.GRANTED;
        }
        if (waiting.size() >= mostWaiting) {
            return Entry.REFUSED;
        }
        waiting.add(whenGranted);
        return Entry.QUEUED;
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
