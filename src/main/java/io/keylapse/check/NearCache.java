package io.keylapse.check;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.keylapse.active.trust.Epoch;
import io.keylapse.active.trust.RecentChanges;
import io.keylapse.key.KeyName;
import io.keylapse.registry.PostgresClock;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Good keys that a store told this node of a moment ago, so that most checks ask nobody.
 *
 * <p>Nothing has to be taken out of it in time, because what is found is judged when it is found: by its age, by its
 * deadline, by the {@link Epoch}, and by {@link RecentChanges}, which also knows of changes that were announced before
 * the answer they overtook was remembered here.
 */
@Singleton
final class NearCache {
    private final RecentChanges recent;
    private final Epoch epoch;
    private final PostgresClock clock;
    private final boolean on;
    private final long maxAgeNanos;
    private final long staleAfterNanos;
    private final Cache<KeyName, Remembered> remembered;

    /**
     * When a store was asked.
     *
     * @param nanoTime before the question was sent
     */
    record AsOf(long nanoTime, long epoch) {}

    private record Remembered(Verdict.Good good, int version, AsOf asOf) {}

    NearCache(
            RecentChanges recent,
            Epoch epoch,
            PostgresClock clock,
            NearCacheSettings settings,
            CheckSettings check,
            MeterRegistry meters) {
        this.recent = recent;
        this.epoch = epoch;
        this.clock = clock;
        this.on = settings.maxSize() > 0;
        this.staleAfterNanos = check.staleAfter().toNanos();
        this.maxAgeNanos = Math.min(settings.maxAge().toNanos(), staleAfterNanos);
        this.remembered = Caffeine.newBuilder().maximumSize(settings.maxSize()).build();
        meters.gauge("keylapse.check.near.cache.keys", remembered, Cache::estimatedSize);
    }

    /** Now, for whoever is about to ask a store. */
    AsOf now() {
        long current = epoch.current();
        return new AsOf(System.nanoTime(), current);
    }

    /** Remembers what a store said of a key that is good. */
    void remember(KeyName name, int version, Verdict.Good good, AsOf asked) {
        if (on) {
            remembered.put(name, new Remembered(good, version, asked));
        }
    }

    /** What is remembered of a key and true at this moment; else nothing. */
    Verdict.@Nullable Good find(KeyName name) {
        Remembered found = remembered.getIfPresent(name);
        return found != null && isTrueAt(System.nanoTime(), name, found) ? found.good : null;
    }

    private boolean isTrueAt(long now, KeyName name, Remembered found) {
        return now - found.asOf.nanoTime <= maxAgeNanos
                && found.asOf.epoch == epoch.current()
                && now - recent.freshAsOf() <= staleAfterNanos
                && !recent.isOutOfDate(name, found.version)
                && isBeforeDeadline(now, found.good.expiresAt());
    }

    private boolean isBeforeDeadline(long now, @Nullable Instant deadline) {
        return deadline == null || clock.instantAt(now).isBefore(deadline);
    }
}
