package io.keylapse.expiry;

import io.keylapse.key.KeyName;
import io.keylapse.registry.ending.BlacklistTable;
import io.keylapse.registry.ending.RecordingSource;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/** Bounded queue of expiries to record. When it is full, it drops further ones; the sweep records those. */
@Singleton
final class ExpiryQueue {
    /** Presumed expiry of a key, and how it was found. */
    record Expiry(KeyName name, RecordingSource source) {}

    /** Length above which expiries are recorded in bulk, in the order of deadlines. */
    private static final int BACKED_UP = 5 * BlacklistTable.BATCH;

    private final BlockingQueue<Expiry> waiting;
    private final int backedUp;
    private final Counter dropped;

    ExpiryQueue(ExpirySettings settings, MeterRegistry meters) {
        this.waiting = new ArrayBlockingQueue<>(settings.queueCapacity());
        this.backedUp = Math.min(BACKED_UP, settings.queueCapacity() / 2);
        meters.gaugeCollectionSize("keylapse.expiry.queue.depth", List.of(), waiting);
        this.dropped = meters.counter("keylapse.expiry.queue.dropped");
    }

    /** Adds an expiry, or drops it if the queue is full. Never blocks. */
    void offer(Expiry expiry) {
        if (!waiting.offer(expiry)) {
            dropped.increment();
        }
    }

    /** Whether more expiries are waiting than should be recorded by name. */
    boolean isBackedUp() {
        return waiting.size() > backedUp;
    }

    /** Discards all waiting expiries. */
    void clear() {
        waiting.clear();
    }

    /**
     * Takes a batch of at most {@code max} expiries: waits up to {@code timeout} for the first one, then up to {@code
     * linger} for more. May be empty.
     */
    List<Expiry> takeBatch(int max, Duration timeout, Duration linger) throws InterruptedException {
        var batch = new ArrayList<Expiry>();
        Expiry first = waiting.poll(timeout.toNanos(), TimeUnit.NANOSECONDS);
        if (first == null) {
            return batch;
        }
        batch.add(first);
        long until = System.nanoTime() + linger.toNanos();
        while (batch.size() < max) {
            if (waiting.drainTo(batch, max - batch.size()) == 0) {
                Expiry next = waiting.poll(until - System.nanoTime(), TimeUnit.NANOSECONDS);
                if (next == null) {
                    break;
                }
                batch.add(next);
            }
        }
        return batch;
    }
}
