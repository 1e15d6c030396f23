package io.keylapse.check;

import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.keylapse.active.ActiveKeys;
import io.keylapse.active.KeyChanges;
import io.keylapse.active.WriteDeadline;
import io.keylapse.check.RedisReader.Miss;
import io.keylapse.history.CurrentHistory;
import io.keylapse.key.ApiKey;
import io.keylapse.key.KeyDigest;
import io.keylapse.key.KeyName;
import io.keylapse.projection.Projection;
import io.keylapse.registry.KeyRecord;
import io.keylapse.registry.KeyTable;
import io.keylapse.registry.sql.PostgresFailure;
import io.keylapse.registry.sql.lane.ConnectionLanes;
import io.keylapse.registry.sql.lane.NoTurnException;
import io.keylapse.registry.sql.lane.PostgresLane;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Postgres fallback for checks that Redis did not decide. Refills Redis and the near cache with valid keys, and the negative
 * cache with others. Concurrent checks of a key share one query, and the number of concurrent queries is limited, so that a
 * flood of misses cannot overload Postgres.
 */
@Singleton
final class PostgresFallback {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresFallback.class);

    /** Maximum number of look-ups that wait for a connection, for at most the timeout. A burst of misses is no outage. */
    private static final int MAX_WAITING = 1_000;

    /** How much longer a look-up may take than its callers wait, so that the next check finds the answer in Redis. */
    private static final Duration EXTRA_TIME = Duration.ofSeconds(1);

    private static final Verdict UNAVAILABLE = new Verdict.Unavailable();
    private static final Verdict UNKNOWN = new Verdict.Unknown();

    private final KeyTable keys;
    private final ActiveKeys active;
    private final NegativeCache negative;
    private final NearCache near;
    private final StoreBreakers breakers;
    private final CurrentHistory history;
    private final CheckSettings settings;
    private final ConnectionLanes lanes;
    private final Semaphore bulkhead;
    private final RateLimiter missLimiter;
    private final AtomicLong lookUps = new AtomicLong();
    private final Semaphore queueSlots;
    private final ConcurrentHashMap<KeyName, CompletableFuture<Verdict>> underWay = new ConcurrentHashMap<>();
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("miss-", 0).factory());

    PostgresFallback(
            KeyTable keys,
            ActiveKeys active,
            NegativeCache negative,
            NearCache near,
            StoreBreakers breakers,
            CurrentHistory history,
            CheckSettings settings,
            ConnectionLanes lanes,
            KeyChanges changes,
            MeterRegistry meters) {
        meters.more().counter("keylapse.check.lookups", List.of(), lookUps);
        this.keys = keys;
        this.active = active;
        this.negative = negative;
        this.near = near;
        this.breakers = breakers;
        this.history = history;
        this.settings = settings;
        this.missLimiter = new RateLimiter(settings.missRate());
        this.lanes = lanes;
        Integer limit = settings.missConcurrency();
        int places = lanes.places(PostgresLane.CHECKS);
        int atOnce = limit == null ? places : Math.min(limit, places);
        this.bulkhead = new Semaphore(atOnce);
        this.queueSlots = new Semaphore(atOnce + MAX_WAITING);
        // A check after an acknowledged change must not get an older answer. First remove the look-up under way, so
        // that it can no longer fill the cache, then the cached refusal.
        changes.register(change -> {
            underWay.remove(change.name());
            negative.forget(change.name());
        });
    }

    /**
     * Looks a key up in Postgres. The future completes at the latest after the timeout, and never fails. Look-ups of keys
     * that a trusted Redis does not have are rate limited: almost all of them were made up or have ended, and must not slow
     * down checks of valid keys.
     */
    CompletableFuture<Verdict> read(ApiKey key, Miss why) {
        KeyName name = key.name();
        CompletableFuture<Verdict> present = underWay.get(name);
        if (present != null) {
            return present;
        }
        var mine = new CompletableFuture<Verdict>();
        CompletableFuture<Verdict> other = underWay.putIfAbsent(name, mine);
        if (other != null) {
            return other;
        }
        OptionalLong wait =
                why == Miss.ABSENT ? missLimiter.take(settings.missTimeout().dividedBy(2)) : OptionalLong.of(0);
        if (wait.isPresent() && queueSlots.tryAcquire()) {
            var _ = threads.submit(() -> readInto(mine, key, name, wait.getAsLong()));
        } else {
            underWay.remove(name, mine);
            mine.complete(UNAVAILABLE);
        }
        return mine.completeOnTimeout(UNAVAILABLE, settings.missTimeout().toMillis(), TimeUnit.MILLISECONDS);
    }

    private void readInto(CompletableFuture<Verdict> answer, ApiKey key, KeyName name, long wait) {
        Verdict found = UNAVAILABLE;
        try {
            Thread.sleep(Duration.ofNanos(wait));
            if (bulkhead.tryAcquire(settings.missTimeout().toMillis(), TimeUnit.MILLISECONDS)) {
                try {
                    // Outside of the breaker, because waiting for a connection is no failure of Postgres.
                    found = lanes.withPlace(PostgresLane.CHECKS, settings.missTimeout(), () -> ask(key, name, answer));
                } finally {
                    bulkhead.release();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (CallNotPermittedException | NoTurnException notNow) {
            // Unavailable, at once while the breaker is open.
        } catch (RuntimeException e) {
            if (!PostgresFailure.isUnavailable(e)) {
                LOG.error("the look-up of a key in Postgres failed", e);
            }
        } finally {
            queueSlots.release();
            underWay.remove(name, answer);
            answer.complete(found);
        }
    }

    /** Number of queries so far. */
    long lookUps() {
        return lookUps.get();
    }

    private Verdict ask(ApiKey presented, KeyName name, CompletableFuture<Verdict> mine) {
        lookUps.incrementAndGet();
        // Before Postgres is read, so that the refill cannot overwrite a later change.
        var deadline = WriteDeadline.startingNow();
        NearCache.AsOf asked = near.now();
        NegativeCache.AsOf knownInvalid = negative.now();
        Optional<KeyRecord> key = breakers.postgres().executeSupplier(() -> find(presented.digest()));
        Verdict verdict = key.map(Verdict::of).orElse(UNKNOWN);
        keep(presented, name, key, verdict, asked, knownInvalid, deadline, mine);
        // The answer does not count if this process was suspended in between, or if Postgres is no longer trusted.
        boolean counts =
                System.nanoTime() - asked.nanoTime() <= settings.staleAfter().toNanos() && !history.isDoubted();
        return counts ? verdict : UNAVAILABLE;
    }

    /** Reads the key, and reads it again if its deadline may have passed while the answer was on its way. */
    private Optional<KeyRecord> find(KeyDigest digest) {
        while (true) {
            long asked = System.nanoTime();
            Optional<KeyRecord> key = keys.find(digest, settings.missTimeout().plus(EXTRA_TIME));
            Instant atTheLatest = key.map(KeyRecord::readAt).orElse(Instant.MIN).plusNanos(System.nanoTime() - asked);
            if (key.filter(found -> found.state() != found.term().stateAt(atTheLatest))
                    .isEmpty()) {
                return key;
            }
        }
    }

    /**
     * Refills Redis and the near cache with a valid key, or the negative cache with any other, unless a change has overtaken
     * the read. This is atomic with respect to changes on this node: the write of a change is sent after the refill and
     * wins, even if Redis lost everything in between. If the refill fails, the next check is a miss again.
     */
    @SuppressWarnings("ReferenceEquality") // this read, and no later one
    private void keep(
            ApiKey presented,
            KeyName name,
            Optional<KeyRecord> key,
            Verdict verdict,
            NearCache.AsOf asked,
            NegativeCache.AsOf knownInvalid,
            WriteDeadline deadline,
            CompletableFuture<Verdict> mine) {
        underWay.computeIfPresent(name, (_, present) -> {
            if (present == mine && !history.isDoubted()) {
                if (verdict instanceof Verdict.Good good) {
                    key.ifPresent(found -> {
                        near.remember(presented, found.term().version(), good, asked);
                        refill(found, deadline);
                    });
                } else {
                    negative.remember(name, verdict, knownInvalid);
                }
            }
            return present;
        });
    }

    private void refill(KeyRecord key, WriteDeadline deadline) {
        // Refills only save time. Skip them while Redis is overloaded.
        if (breakers.redis(active.primaryOf(key.digest().name())).getState() == State.CLOSED) {
            var _ = active.apply(key.digest().name(), Projection.of(key), deadline);
        }
    }

    @PreDestroy
    void close() {
        threads.shutdown();
    }
}
