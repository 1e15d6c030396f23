package io.keylapse.http.connection.lane;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** Lets so many requests be worked on at once. Others wait for a place, first come first served. */
public final class RequestLane {
    private final Queue<Runnable> waiting = new ArrayDeque<>();
    private int free;

    RequestLane(int places) {
        this.free = places;
    }

    /**
     * Takes a place.
     *
     * @param whenGranted runs later, on any thread, once there is a place for a request that got none now
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

    /** Gives a place back, to whoever waits the longest. */
    void leave() {
        for (Runnable next = next(); next != null; next = next()) {
            try {
                next.run();
                return;
            } catch (RejectedExecutionException stopped) {
                // Its event loop has ended, and its connection with it.
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

    /** How many requests wait. */
    synchronized int waiting() {
        return waiting.size();
    }
}
