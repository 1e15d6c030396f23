package io.keylapse.check;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.keylapse.active.trust.Epoch;
import io.keylapse.active.trust.VersionFloors;
import io.keylapse.key.ApiKey;
import io.keylapse.key.KeyFormat;
import io.keylapse.key.KeyName;
import io.keylapse.registry.PostgresClock;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Good keys that a store told this node of a moment ago, so that most checks ask nobody.
 *
 * <p>Nothing has to be taken out of it in time, because what is found is judged when it is found: by its age, by its
 * deadline, by the {@link Epoch}, and by {@link VersionFloors}, which also knows of changes that were announced before
 * the answer they overtook was remembered here.
 *
 * <p>Keys are recognised by their {@link Fingerprint}, before their form, checksum and digest are even looked at.
 */
@Singleton
final class NearCache {
    private final VersionFloors recent;
    private final Epoch epoch;
    private final PostgresClock clock;
    private final boolean on;
    private final long maxAgeNanos;
    private final long staleAfterNanos;
    private final Fingerprint.Taker fingerprints = Fingerprint.Taker.withRandomKey();
    private final Cache<Fingerprint, Remembered> cache;

    /**
     * When a store was asked.
     *
     * @param nanoTime before the question was sent
     */
    record AsOf(long nanoTime, long epoch) {}

    /** In one piece, because here each further object is a wait for memory. */
    private static final class Remembered {
        private final KeyName name;
        private final Verdict.Good good;
        private final int version;
        private final long deadlineMillis;
        private final long nanoTime;
        private final long epoch;
        private volatile boolean renewing;

        Remembered(KeyName name, Verdict.Good good, int version, long deadlineMillis, AsOf asked) {
            this.name = name;
            this.good = good;
            this.version = version;
            this.deadlineMillis = deadlineMillis;
            this.nanoTime = asked.nanoTime;
            this.epoch = asked.epoch;
        }
    }

    NearCache(
            VersionFloors recent,
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
        this.cache = Caffeine.newBuilder().maximumSize(settings.maxSize()).build();
        meters.gauge("keylapse.check.near.cache.keys", cache, Cache::estimatedSize);
    }

    /** Now, for whoever is about to ask a store. */
    AsOf now() {
        long current = epoch.current();
        return new AsOf(System.nanoTime(), current);
    }

    /** Remembers what a store said of a key that is good. */
    void remember(ApiKey key, int version, Verdict.Good good, AsOf asked) {
        if (on) {
            Instant expiresAt = good.expiresAt();
            long deadlineMillis = expiresAt == null ? Long.MAX_VALUE : expiresAt.toEpochMilli();
            cache.put(fingerprints.of(key.reveal()), new Remembered(key.name(), good, version, deadlineMillis, asked));
        }
    }

    /**
     * What is remembered of the key that this text is, and true at this moment; else nothing.
     *
     * @param renew is told of a key that is growing old, once, so that whoever asks when it is too old need not wait
     */
    Verdict.@Nullable Good find(String text, Consumer<String> renew) {
        if (!on || text.length() > KeyFormat.MAX_CHARACTERS) {
            return null;
        }
        Remembered found = cache.getIfPresent(fingerprints.of(text));
        long now = System.nanoTime();
        if (found == null || !isTrueAt(now, found)) {
            return null;
        }
        if (now - found.nanoTime > renewAfterNanos(found.name) && !found.renewing) {
            found.renewing = true;
            renew.accept(text);
        }
        return found.good;
    }

    /** From half of the age to three quarters, by the key, so that what was read together is not read together again. */
    private long renewAfterNanos(KeyName name) {
        return maxAgeNanos / 2 + (maxAgeNanos >> 10) * (name.hashCode() & 0xFF);
    }

    private boolean isTrueAt(long now, Remembered found) {
        return now - found.nanoTime <= maxAgeNanos
                && found.epoch == epoch.current()
                && now - recent.freshAsOf() <= staleAfterNanos
                && !recent.isOutOfDate(found.name, found.version)
                && clock.millisAt(now) < found.deadlineMillis;
    }
}
