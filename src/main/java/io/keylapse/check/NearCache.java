package io.keylapse.check;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.keylapse.active.trust.Epoch;
import io.keylapse.active.trust.VersionFloors;
import io.keylapse.key.ApiKey;
import io.keylapse.key.KeyFormat;
import io.keylapse.key.KeyName;
import io.keylapse.registry.watch.PostgresClock;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Near cache of valid keys, at most 2 seconds old, so that most checks ask no store.
 *
 * <p>Entries are validated when they are read, not removed when they become invalid. An entry is used only if it is young
 * enough, its deadline is ahead, its {@link Epoch} is current, and its version is not below the {@link VersionFloors}. So it
 * does not matter whether a change arrives before or after the entry that it invalidates.
 *
 * <p>The cache key is the {@link Fingerprint} of the text, so a hit needs no parsing and no digest.
 */
@Singleton
final class NearCache {
    private final VersionFloors floors;
    private final Epoch epoch;
    private final PostgresClock clock;
    private final boolean on;
    private final long maxAgeNanos;
    private final long staleAfterNanos;
    private final Fingerprint.Taker fingerprints = Fingerprint.Taker.withRandomKey();
    private final Cache<Fingerprint, Entry> cache;

    /**
     * When a store was asked.
     *
     * @param nanoTime {@link System#nanoTime} before the request was sent
     * @param epoch epoch at that time
     */
    record AsOf(long nanoTime, long epoch) {}

    /** Flat, because each further object would cost another memory access per check. */
    private static final class Entry {
        private final KeyName name;
        private final Verdict.Good good;
        private final int version;
        private final long deadlineMillis;
        private final long nanoTime;
        private final long epoch;
        private volatile boolean refreshing;

        Entry(KeyName name, Verdict.Good good, int version, long deadlineMillis, AsOf asked) {
            this.name = name;
            this.good = good;
            this.version = version;
            this.deadlineMillis = deadlineMillis;
            this.nanoTime = asked.nanoTime;
            this.epoch = asked.epoch;
        }
    }

    NearCache(
            VersionFloors floors,
            Epoch epoch,
            PostgresClock clock,
            NearCacheSettings settings,
            CheckSettings check,
            MeterRegistry meters) {
        this.floors = floors;
        this.epoch = epoch;
        this.clock = clock;
        this.on = settings.maxSize() > 0;
        this.staleAfterNanos = check.staleAfter().toNanos();
        this.maxAgeNanos = Math.min(settings.maxAge().toNanos(), staleAfterNanos);
        this.cache = Caffeine.newBuilder().maximumSize(settings.maxSize()).build();
        meters.gauge("keylapse.check.near.cache.keys", cache, Cache::estimatedSize);
    }

    /** The current time and epoch. Call this before asking a store. */
    AsOf now() {
        long current = epoch.current();
        return new AsOf(System.nanoTime(), current);
    }

    /** The {@link System#nanoTime} up to which all changes are known. */
    long knownUpTo() {
        return floors.freshAsOf();
    }

    /** Caches a valid key. */
    void remember(ApiKey key, int version, Verdict.Good good, AsOf asked) {
        if (on) {
            Instant expiresAt = good.expiresAt();
            long deadlineMillis = expiresAt == null ? Long.MAX_VALUE : expiresAt.toEpochMilli();
            cache.put(fingerprints.of(key.reveal()), new Entry(key.name(), good, version, deadlineMillis, asked));
        }
    }

    /**
     * Looks up a text. Returns null unless there is an entry that is valid now.
     *
     * @param refresh called once for an entry that will expire soon
     */
    Verdict.@Nullable Good find(String text, Consumer<String> refresh) {
        if (!on || text.length() > KeyFormat.MAX_CHARACTERS) {
            return null;
        }
        Entry found = cache.getIfPresent(fingerprints.of(text));
        long now = System.nanoTime();
        if (found == null || !isValidAt(now, found)) {
            return null;
        }
        if (now - found.nanoTime > refreshAfterNanos(found.name) && !found.refreshing) {
            found.refreshing = true;
            refresh.accept(text);
        }
        return found.good;
    }

    /** Between half and three quarters of the maximum age, depending on the key, so that refreshes are spread over time. */
    private long refreshAfterNanos(KeyName name) {
        return maxAgeNanos / 2 + (maxAgeNanos >> 10) * (name.hashCode() & 0xFF);
    }

    private boolean isValidAt(long now, Entry found) {
        return now - found.nanoTime <= maxAgeNanos
                && found.epoch == epoch.current()
                && now - floors.freshAsOf() <= staleAfterNanos
                && !floors.isOutOfDate(found.name, found.version)
                && clock.millisAt(now) < found.deadlineMillis;
    }
}
