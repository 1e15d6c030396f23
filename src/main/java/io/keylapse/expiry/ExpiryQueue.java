package io.keylapse.expiry;

import io.keylapse.key.KeyName;
import io.keylapse.registry.BlacklistTable;
import io.keylapse.registry.RecordingSource;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/** Expiries heard of and not recorded yet. When it is full it drops, because the sweep finds what it dropped. */
@Singleton
final class ExpiryQueue {
    /** An expiry heard of, and how. */
    record Heard(KeyName name, RecordingSource source) {}

    /** More than these are a storm, to be recorded in the order of deadlines. */
    private static final int BACKED_UP = 5 * BlacklistTable.BATCH;

    private final BlockingQueue<Heard> waiting;
    private final int backedUp;
    private final Counter dropped;

    ExpiryQueue(ExpirySettings settings, MeterRegistry meters) {
        this.waiting = new ArrayBlockingQueue<>(settings.queueCapacity());
        this.backedUp = Math.min(BACKED_UP, settings.queueCapacity() / 2);
        meters.gaugeCollectionSize("keylapse.expiry.queue.depth", List.of(), waiting);
        this.dropped = meters.counter("keylapse.expiry.queue.dropped");
    }

    /** Adds one, or drops it; never waits. */
    void offer(Heard heard) {
        if (!waiting.offer(heard)) {
            dropped.increment();
        }
    }

    /** Whether more are waiting than should be recorded by name. */
    boolean isBackedUp() {
        return waiting.size() > backedUp;
    }

    /** Forgets what is waiting. */
    void clear() {
        waiting.clear();
    }

    /** Waits a moment for the first, then takes what comes within the linger, up to so many; maybe none. */
    List<Heard> takeBatch(int most, Duration patience, Duration linger) throws InterruptedException {
        var batch = new ArrayList<Heard>();
        Heard first = waiting.poll(patience.toNanos(), TimeUnit.NANOSECONDS);
        if (first == null) {
            return batch;
        }
        batch.add(first);
        long until = System.nanoTime() + linger.toNanos();
        while (batch.size() < most) {
            if (waiting.drainTo(batch, most - batch.size()) == 0) {
                Heard next = waiting.poll(until - System.nanoTime(), TimeUnit.NANOSECONDS);
                if (next == null) {
                    break;
                }
                batch.add(next);
            }
        }
        return batch;
    }
}
