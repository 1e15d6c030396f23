package io.keylapse.http.management.history;

import io.keylapse.key.ManagementKeyId;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Limits how many feeds this node keeps open at once: 5 for each management key, so that one key cannot shut out the
 * others, and 50 in all, each of which asks Postgres once a second.
 */
@Singleton
final class FeedPlaces {
    static final int MAX_PER_KEY = 5;
    static final int MAX = 50;

    private final Map<ManagementKeyId, Integer> taken = new HashMap<>();
    private final Counter refusedForKey;
    private final Counter refusedInAll;
    private int total;

    FeedPlaces(MeterRegistry meters) {
        meters.gauge("keylapse.blacklist.feed.listeners", this, FeedPlaces::total);
        this.refusedForKey = meters.counter("keylapse.blacklist.feed.refused", "limit", "credential");
        this.refusedInAll = meters.counter("keylapse.blacklist.feed.refused", "limit", "all");
    }

    /** What comes of asking for a place. */
    sealed interface Answer {}

    /** There is none. */
    enum Full implements Answer {
        FOR_KEY,
        IN_ALL
    }

    /** A place that was reserved for a feed, until it is given back. */
    final class Place implements Answer {
        private final ManagementKeyId key;
        private boolean used;
        private boolean left;

        private Place(ManagementKeyId key) {
            this.key = key;
        }

        /** Begins to use it; false if it was given back before. */
        boolean use() {
            synchronized (FeedPlaces.this) {
                used = !left;
                return used;
            }
        }

        /** Gives it back if nobody has begun to use it. */
        void leaveUnlessUsed() {
            synchronized (FeedPlaces.this) {
                if (!used) {
                    leave();
                }
            }
        }

        /** Gives it back, once however often this is said. */
        void leave() {
            synchronized (FeedPlaces.this) {
                if (!left) {
                    left = true;
                    total--;
                    taken.computeIfPresent(key, (_, count) -> count == 1 ? null : count - 1);
                }
            }
        }
    }

    /** Reserves a place, if there is one. */
    synchronized Answer take(ManagementKeyId key) {
        int ofKey = taken.getOrDefault(key, 0);
        if (ofKey == MAX_PER_KEY) {
            refusedForKey.increment();
            return Full.FOR_KEY;
        }
        if (total == MAX) {
            refusedInAll.increment();
            return Full.IN_ALL;
        }
        taken.put(key, ofKey + 1);
        total++;
        return new Place(key);
    }

    /** The keys for which there is a place taken. */
    synchronized Set<ManagementKeyId> keys() {
        return Set.copyOf(taken.keySet());
    }

    private synchronized int total() {
        return total;
    }
}
