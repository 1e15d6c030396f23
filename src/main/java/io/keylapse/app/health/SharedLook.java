package io.keylapse.app.health;

import java.time.Duration;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A result shared by concurrent callers, because it is expensive to compute: one computation at a time, at most 20 per
 * second. A caller that arrives during a computation gets the result of the next one, so that no result is older than
 * its request.
 *
 * @param <T> the type of the result
 */
final class SharedLook<T> {
    private static final Duration PAUSE = Duration.ofMillis(50);

    private final Supplier<T> look;
    private final Lock lock = new ReentrantLock();
    private @Nullable T result;
    private long begunAt = System.nanoTime() - PAUSE.toNanos();

    SharedLook(Supplier<T> look) {
        this.look = look;
    }

    /**
     * Waits for a result whose computation began after this call. Blocks, so it must not be called on an event loop.
     */
    T take() {
        long requestedAt = System.nanoTime();
        lock.lock();
        try {
            T shared = result;
            if (shared != null && begunAt - requestedAt > 0) {
                return shared;
            }
            pause();
            result = null;
            begunAt = System.nanoTime();
            shared = look.get();
            result = shared;
            return shared;
        } finally {
            lock.unlock();
        }
    }

    private void pause() {
        long until = begunAt + PAUSE.toNanos();
        while (until - System.nanoTime() > 0 && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(until - System.nanoTime());
        }
    }
}
