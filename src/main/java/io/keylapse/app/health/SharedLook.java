package io.keylapse.app.health;

import java.time.Duration;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A shared result of a costly look: one look at a time and at most 20 a second, however many callers ask. A caller that asks while a
 * look is under way shares the next one, so that no answer is older than its question.
 *
 * @param <T> what is seen
 */
final class SharedLook<T> {
    private static final Duration PAUSE = Duration.ofMillis(50);

    private final Supplier<T> look;
    private final Lock lock = new ReentrantLock();
    private @Nullable T seen;
    private long begun = System.nanoTime() - PAUSE.toNanos();

    SharedLook(Supplier<T> look) {
        this.look = look;
    }

    /** Waits for a look that began after this call. Not for event loops. */
    T take() {
        long asked = System.nanoTime();
        lock.lock();
        try {
            T shared = seen;
            if (shared != null && begun - asked > 0) {
                return shared;
            }
            pause();
            seen = null;
            begun = System.nanoTime();
            shared = look.get();
            seen = shared;
            return shared;
        } finally {
            lock.unlock();
        }
    }

    private void pause() {
        long until = begun + PAUSE.toNanos();
        while (until - System.nanoTime() > 0 && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(until - System.nanoTime());
        }
    }
}
