package io.keylapse.registry.usage;

import io.keylapse.key.KeyId;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;

/**
 * Uses and refusals on this node that are not written yet. Bounded: when it is full, further keys are dropped, which is a
 * gap.
 */
@Singleton
public final class UsageMemory {
    private final boolean enabled;
    private final int maxKeys;
    private final ConcurrentHashMap<KeyId, Pending> pending = new ConcurrentHashMap<>();
    private final AtomicBoolean gap = new AtomicBoolean();
    private final LongAdder dropped = new LongAdder();

    /**
     * Uses and refusals of one key.
     *
     * @param used whether it was accepted
     * @param usedAt {@link System#nanoTime} of the latest acceptance
     * @param refused how often it was refused
     * @param refusedAt {@link System#nanoTime} of the latest refusal
     */
    record Pending(boolean used, long usedAt, long refused, long refusedAt) {
        private Pending plus(Pending other) {
            return new Pending(
                    used || other.used,
                    !used || (other.used && other.usedAt - usedAt > 0) ? other.usedAt : usedAt,
                    refused + other.refused,
                    refused == 0 || (other.refused > 0 && other.refusedAt - refusedAt > 0)
                            ? other.refusedAt
                            : refusedAt);
        }
    }

    /** A key with what is to be written of it. */
    record Entry(KeyId key, Pending what) {}

    UsageMemory(UsageSettings settings, MeterRegistry meters) {
        this.enabled = settings.enabled();
        this.maxKeys = settings.maxKeys();
        Gauge.builder("keylapse.usage.pending", pending, ConcurrentHashMap::mappingCount)
                .description("keys whose use is not written to Postgres yet")
                .register(meters);
        FunctionCounter.builder("keylapse.usage.dropped", dropped, LongAdder::sum)
                .description("uses and refusals that were not recorded because too many keys were in memory")
                .register(meters);
    }

    /**
     * Notes that a key was accepted just now.
     *
     * @return true if later uses of the same cached verdict need not be noted; false if this one was dropped, so that later
     *     uses are not missing too
     */
    public boolean used(KeyId key) {
        return !enabled || add(key, new Pending(true, System.nanoTime(), 0, 0));
    }

    /** Notes that an ended key was refused just now. */
    public void refused(KeyId key) {
        if (enabled) {
            var _ = add(key, new Pending(false, 0, 1, System.nanoTime()));
        }
    }

    private boolean add(KeyId key, Pending what) {
        if (pending.mappingCount() >= maxKeys && !pending.containsKey(key)) {
            dropped.increment();
            gap.set(true);
            return false;
        }
        pending.merge(key, what, Pending::plus);
        return true;
    }

    /** The keys at this moment, for {@link #take}. Keys that are added later may be missing. */
    Iterator<KeyId> keys() {
        return pending.keySet().iterator();
    }

    boolean isEmpty() {
        return pending.isEmpty();
    }

    /** Takes up to {@code limit} of these keys out of the memory. Those that are not written must be {@link #putBack}. */
    List<Entry> take(Iterator<KeyId> keys, int limit) {
        var taken = new ArrayList<Entry>();
        while (taken.size() < limit && keys.hasNext()) {
            KeyId key = keys.next();
            Pending what = pending.remove(key);
            if (what != null) {
                taken.add(new Entry(key, what));
            }
        }
        return taken;
    }

    void putBack(List<Entry> taken) {
        taken.forEach(each -> add(each.key, each.what));
    }

    /** Whether something was dropped since this was last called. */
    boolean takeGap() {
        return gap.getAndSet(false);
    }

    /** The gap that {@link #takeGap} returned could not be written. */
    void putBackGap() {
        gap.set(true);
    }
}
