package io.keylapse.check;

import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.keylapse.active.ActiveEntry;
import io.keylapse.check.RedisReader.Miss;
import io.keylapse.key.ApiKey;
import io.keylapse.key.KeyFormat;
import io.keylapse.key.KeyName;
import io.keylapse.registry.usage.UsageMemory;
import io.keylapse.registry.watch.PostgresClock;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/**
 * Check of a key. The first step that can decide determines the verdict:
 *
 * <ol>
 *   <li>Near cache: a store reported the key as valid at most 2 seconds ago, and no newer version is known. Entries in use
 *       are refreshed before they expire.
 *   <li>Form and checksum of the text, without asking a store.
 *   <li>Redis: a live entry before its deadline is valid; a tombstone says how the key ended.
 *   <li>On a miss (no entry, past its deadline, not trusted, or no answer): the negative cache, and then Postgres, which
 *       decides by its own clock.
 *   <li>Redis again, if Postgres has no answer and Redis had been skipped or was not trusted.
 * </ol>
 *
 * <p>A store that keeps failing is skipped for a while; see {@link StoreBreakers}.
 */
@Singleton
public final class KeyCheck {
    private final KeyFormat format;
    private final NearCache near;
    private final RedisReader redis;
    private final NegativeCache negative;
    private final PostgresFallback fallback;
    private final PostgresClock clock;
    private final UsageMemory usage;
    private final MeterRegistry meters;
    private final Map<String, LongAdder> counters = new ConcurrentHashMap<>();
    private final Consumer<String> refresh = this::refresh;

    KeyCheck(
            KeyFormat format,
            NearCache near,
            RedisReader redis,
            NegativeCache negative,
            PostgresFallback fallback,
            PostgresClock clock,
            UsageMemory usage,
            MeterRegistry meters) {
        this.format = format;
        this.near = near;
        this.redis = redis;
        this.negative = negative;
        this.fallback = fallback;
        this.clock = clock;
        this.usage = usage;
        this.meters = meters;
    }

    /**
     * Checks a key, and records that it was used or refused. Does not block.
     *
     * @param text presented credential
     * @param demanded scopes that the key must have, all of them
     * @return the verdict; the stage never fails
     */
    public CompletionStage<Verdict> check(String text, List<String> demanded) {
        Verdict.Good good = near.find(text, refresh);
        if (good != null) {
            return CompletableFuture.completedFuture(noted(good.demanding(demanded)));
        }
        return decide(text).thenApply(verdict -> noted(verdict.demanding(demanded)));
    }

    /** The same for a key whose holder asks about it, which does not count as a use. */
    public CompletionStage<Verdict> identify(String text) {
        Verdict.Good good = near.find(text, refresh);
        return (good == null ? decide(text) : CompletableFuture.<Verdict>completedFuture(good)).thenApply(this::count);
    }

    private CompletionStage<Verdict> decide(String text) {
        Optional<ApiKey> key = format.parse(text);
        return key.isEmpty() ? CompletableFuture.completedFuture(new Verdict.Malformed()) : look(key.get());
    }

    /** Counts the verdict and notes it in memory. A near cache hit costs one comparison, and allocates nothing. */
    private Verdict noted(Verdict verdict) {
        switch (verdict) {
            case Verdict.Good good -> {
                if (!good.isNoted() && usage.used(good.id())) {
                    good.setNoted();
                }
            }
            case Verdict.Expired expired -> usage.refused(expired.id());
            case Verdict.Revoked revoked -> usage.refused(revoked.id());
            case Verdict.Rotated rotated -> usage.refused(rotated.id());
            default -> {
                // Not a known key, or not decided.
            }
        }
        return count(verdict);
    }

    /**
     * The {@link System#nanoTime} up to which a check that begins now knows all changes. A key that it accepts had not ended
     * by then.
     */
    public long knownUpTo() {
        return near.knownUpTo();
    }

    /** Counts a verdict that needs no key, such as a missing one, and returns it. */
    public Verdict count(Verdict verdict) {
        LongAdder counter = counters.get(verdict.code());
        if (counter == null) {
            counter = counters.computeIfAbsent(verdict.code(), this::counter);
        }
        counter.increment();
        return verdict;
    }

    /** A counter that is read when metrics are scraped. A Micrometer counter would cost as much as a check. */
    private LongAdder counter(String code) {
        var counter = new LongAdder();
        meters.more().counter("keylapse.checks", Tags.of("outcome", code), counter);
        return counter;
    }

    /**
     * Refreshes a cached key before its cache entry expires. Otherwise entries that were read together, such as a thousand
     * keys after a start, would expire together, and their checks would queue for Redis. If Redis gives no valid entry, the
     * cached one stays until it expires.
     */
    private void refresh(String text) {
        format.parse(text).ifPresent(key -> {
            NearCache.AsOf asked = near.now();
            var _ = redis.find(key.name()).thenApply(entry -> entry.flatMap(found -> settle(key, found, asked)));
        });
    }

    private CompletionStage<Verdict> look(ApiKey key) {
        KeyName name = key.name();
        NearCache.AsOf asked = near.now();
        return redis.find(name)
                .handle((entry, failure) -> failure == null
                        ? entry.flatMap(found -> settle(key, found, asked))
                                .<CompletionStage<Verdict>>map(CompletableFuture::completedStage)
                                .orElseGet(() -> miss(key, name, redis.whyAbsent(name)))
                        : miss(
                                key,
                                name,
                                failure instanceof CallNotPermittedException ? Miss.NOT_RELIED_ON : Miss.UNANSWERED))
                .thenCompose(verdict -> verdict);
    }

    /**
     * Asks the negative cache, then Postgres. If Postgres has no answer, Redis is asked again if it had been skipped or was
     * not trusted; not if it has just failed, or answered that it has no such key.
     */
    private CompletionStage<Verdict> miss(ApiKey key, KeyName name, Miss why) {
        return negative.find(name)
                .thenCompose(known -> known.<CompletionStage<Verdict>>map(CompletableFuture::completedStage)
                        .orElseGet(() -> fallback.read(key, why)))
                .thenCompose(verdict -> verdict instanceof Verdict.Unavailable && why == Miss.NOT_RELIED_ON
                        ? askRedisAlone(name, verdict)
                        : CompletableFuture.completedStage(verdict));
    }

    private CompletionStage<Verdict> askRedisAlone(KeyName name, Verdict otherwise) {
        return redis.findWithoutPostgres(name)
                .thenApply(entry -> entry.flatMap(found -> Verdict.of(found, clock.instant()))
                        .orElse(otherwise))
                .exceptionally(_ -> otherwise);
    }

    private Optional<Verdict> settle(ApiKey key, ActiveEntry entry, NearCache.AsOf asked) {
        Optional<Verdict> verdict = Verdict.of(entry, clock.instant());
        if (verdict.orElse(null) instanceof Verdict.Good good) {
            near.remember(key, entry.version(), good, asked);
        }
        return verdict;
    }
}
