package io.keylapse.client;

import java.io.Closeable;
import java.io.IOException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Closes connections whose time is up. Blocking channels have no time-out of their own, and one for each read would not
 * stop a node that sends its response byte by byte.
 */
final class Watchdog implements Closeable {
    private final ScheduledThreadPoolExecutor timer;

    Watchdog() {
        timer = new ScheduledThreadPoolExecutor(1, task -> {
            var thread = new Thread(task, "keylapse-client-watchdog");
            thread.setDaemon(true);
            return thread;
        });
        timer.setRemoveOnCancelPolicy(true);
    }

    /**
     * Closes this after some time, unless the task is cancelled.
     *
     * @throws NoResultException if the client is closed; then it is closed at once
     */
    Future<?> closeAfter(long nanos, Closeable watched) throws NoResultException {
        try {
            return timer.schedule(() -> closeQuietly(watched), nanos, TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            closeQuietly(watched);
            throw new NoResultException("the client is closed");
        }
    }

    static void closeQuietly(Closeable watched) {
        try {
            watched.close();
        } catch (IOException e) {
            // It is of no use any more, and there is nothing else to do about it.
        }
    }

    /** Accepts no more connections. Those that it has are still closed in time. */
    @Override
    public void close() {
        timer.shutdown();
    }
}
