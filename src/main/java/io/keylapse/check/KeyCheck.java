package io.keylapse.check;

import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.keylapse.active.ActiveEntry;
import io.keylapse.active.ActiveEntry.Live;
import io.keylapse.active.ActiveEntry.Tombstone;
import io.keylapse.check.RedisReader.Miss;
import io.keylapse.key.ApiKey;
import io.keylapse.key.KeyFormat;
import io.keylapse.key.KeyName;
import io.keylapse.key.KeyState;
import io.keylapse.registry.PostgresClock;
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
 * Checks a key. The steps, each of which may settle it:
 *
 * <ol>
 *   <li>what this node remembers: a key that was good a moment ago, and of which no change was heard; before it is too old
 *       to be gone by, it is read again beside the checks;
 *   <li>the form and checksum of the text, which cost no store;
 *   <li>Redis: a live entry whose deadline lies ahead is good, a tombstone says how the key ended;
 *   <li>a miss (no entry, one past its deadline or not to be believed, or no answer): what Postgres said of an ended key
 *       a moment ago is still true, or else Postgres says what it means, by its own clock;
 *   <li>Redis once more, if Postgres has no answer.
 * </ol>
 *
 * <p>A store that keeps failing is left out for a while, see {@link StoreBreakers}.
 */
@Singleton
public final class KeyCheck {
    private final KeyFormat format;
    private final NearCache near;
    private final RedisReader redis;
    private final NegativeCache ended;
    private final PostgresFallback misses;
    private final PostgresClock clock;
    private final MeterRegistry meters;
    private final Map<String, LongAdder> counters = new ConcurrentHashMap<>();
    private final Consumer<String> renew = this::renew;

    KeyCheck(
            KeyFormat format,
            NearCache near,
            RedisReader redis,
            NegativeCache ended,
            PostgresFallback misses,
            PostgresClock clock,
            MeterRegistry meters) {
        this.format = format;
        this.near = near;
        this.redis = redis;
        this.ended = ended;
        this.misses = misses;
        this.clock = clock;
        this.meters = meters;
    }

    /**
     * Checks a key.
     *
     * @param text what was presented
     * @param demanded the scopes that the key must have, all of them
     * @return the verdict, soon: the stage never fails
     */
    public CompletionStage<Verdict> check(String text, List<String> demanded) {
        Verdict.Good good = near.find(text, renew);
        if (good != null) {
            return CompletableFuture.completedFuture(count(withScopes(good, demanded)));
        }
        Optional<ApiKey> key = format.parse(text);
        return key.isEmpty()
                ? CompletableFuture.completedFuture(count(new Verdict.Malformed()))
                : look(key.get()).thenApply(verdict -> count(withScopes(verdict, demanded)));
    }

    /** Counts a verdict that was reached without a key to look at, and returns it. */
    public Verdict count(Verdict verdict) {
        LongAdder counter = counters.get(verdict.code());
        if (counter == null) {
            counter = counters.computeIfAbsent(verdict.code(), this::counter);
        }
        counter.increment();
        return verdict;
    }

    /** Read when metrics are, because a meter that passes each count on to every registry costs as much as a check. */
    private LongAdder counter(String code) {
        var counter = new LongAdder();
        meters.more().counter("keylapse.checks", Tags.of("outcome", code), counter);
        return counter;
    }

    /**
     * Reads a key again that is remembered and asked for. What was read together, a thousand keys after a start, say,
     * would otherwise grow too old together, and all who ask for them would wait in line for Redis. Without a good answer
     * everything stays as it is, for whoever asks when it is too old.
     */
    private void renew(String text) {
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
     * Asks Postgres. Before anybody hears that his key cannot be known, a Redis that was left out is asked after all, and
     * one that was not to be gone by is perhaps gone by; but not one that has just failed to answer, or has said no.
     */
    private CompletionStage<Verdict> miss(ApiKey key, KeyName name, Miss why) {
        return ended.find(name)
                .thenCompose(known -> known.<CompletionStage<Verdict>>map(CompletableFuture::completedStage)
                        .orElseGet(() -> misses.read(key, why)))
                .thenCompose(verdict -> verdict instanceof Verdict.Unavailable && why == Miss.NOT_RELIED_ON
                        ? askRedisAlone(name, verdict)
                        : CompletableFuture.completedStage(verdict));
    }

    private CompletionStage<Verdict> askRedisAlone(KeyName name, Verdict otherwise) {
        return redis.findWithoutPostgres(name)
                .thenApply(entry -> entry.flatMap(this::verdict).orElse(otherwise))
                .exceptionally(_ -> otherwise);
    }

    private Optional<Verdict> settle(ApiKey key, ActiveEntry entry, NearCache.AsOf asked) {
        Optional<Verdict> verdict = verdict(entry);
        if (verdict.orElse(null) instanceof Verdict.Good good) {
            near.remember(key, entry.version(), good, asked);
        }
        return verdict;
    }

    private Optional<Verdict> verdict(ActiveEntry entry) {
        return switch (entry) {
            case Live live ->
                live.isLiveAt(clock.instant())
                        ? Optional.of(new Verdict.Good(live.id(), live.owner(), live.scopes(), live.expiresAt()))
                        : Optional.empty();
            case Tombstone dead ->
                Optional.of(
                        dead.state() == KeyState.ROTATED
                                ? new Verdict.Rotated(dead.id(), dead.endedAt(), dead.successor())
                                : new Verdict.Revoked(dead.id(), dead.endedAt()));
        };
    }

    private static Verdict withScopes(Verdict verdict, List<String> demanded) {
        return !demanded.isEmpty()
                        && verdict instanceof Verdict.Good good
                        && !good.scopes().containsAll(demanded)
                ? new Verdict.ScopeMissing(good.id(), demanded)
                : verdict;
    }
}
