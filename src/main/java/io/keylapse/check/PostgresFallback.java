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
import java.util.Objects;
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
 * Reads from Postgres what a miss in Redis means, refills Redis with a good key and remembers what it is: one
 * read per key at a time, which all who ask meanwhile share, and only so many keys at once, so that a flood of misses
 * cannot take Postgres down.
 */
@Singleton
final class PostgresFallback {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresFallback.class);

    /** How many more may wait for their turn, for no longer than the time-out: a burst of misses is no outage. */
    private static final int MAX_WAITING = 1_000;

    /** How much longer a look-up goes on than its callers wait: the next check then finds the answer in Redis. */
    private static final Duration AFTERTIME = Duration.ofSeconds(1);

    private static final Verdict UNAVAILABLE = new Verdict.Unavailable();
    private static final Verdict UNKNOWN = new Verdict.Unknown();

    private final KeyTable keys;
    private final ActiveKeys active;
    private final NegativeCache ended;
    private final NearCache near;
    private final StoreBreakers breakers;
    private final CurrentHistory history;
    private final CheckSettings settings;
    private final ConnectionLanes lanes;
    private final Semaphore bulkhead;
    private final RateLimiter strangers;
    private final AtomicLong lookUps = new AtomicLong();
    private final Semaphore room;
    private final ConcurrentHashMap<KeyName, CompletableFuture<Verdict>> underWay = new ConcurrentHashMap<>();
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("miss-", 0).factory());

    PostgresFallback(
            KeyTable keys,
            ActiveKeys active,
            NegativeCache ended,
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
        this.ended = ended;
        this.near = near;
        this.breakers = breakers;
        this.history = history;
        this.settings = settings;
        this.strangers = new RateLimiter(settings.missRate());
        this.lanes = lanes;
        Integer most = settings.missConcurrency();
        int places = lanes.places(PostgresLane.CHECKS);
        int atOnce = most == null ? places : Math.min(most, places);
        this.bulkhead = new Semaphore(atOnce);
        this.room = new Semaphore(atOnce + MAX_WAITING);
        // Who asks after a change was acknowledged must not get an answer that was read before it: first no such answer
        // can be remembered any more, then none is.
        changes.register(change -> {
            underWay.remove(change.name());
            ended.forget(change.name());
        });
    }

    /**
     * What Postgres says, at the latest after the time-out; the future never fails. Keys that a Redis which is gone by does
     * not have, almost all of which were made up or have ended, are looked up at a steady pace: whoever presents many must
     * take neither Postgres nor the processors from checks of good keys.
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
                why == Miss.ABSENT ? strangers.take(settings.missTimeout().dividedBy(2)) : OptionalLong.of(0);
        if (wait.isPresent() && room.tryAcquire()) {
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
                    // Here, outside of the breaker, because to wait for a turn is no failure of Postgres.
                    found = lanes.withPlace(PostgresLane.CHECKS, settings.missTimeout(), () -> ask(key, name, answer));
                } finally {
                    bulkhead.release();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (CallNotPermittedException | NoTurnException notNow) {
            // Unavailable: at once when the breaker leaves Postgres alone, which is what it is for.
        } catch (RuntimeException e) {
            if (!PostgresFailure.isUnavailable(e)) {
                LOG.error("a key could not be looked up in Postgres", e);
            }
        } finally {
            room.release();
            underWay.remove(name, answer);
            answer.complete(found);
        }
    }

    /** How many look-ups there have been. */
    long lookUps() {
        return lookUps.get();
    }

    private Verdict ask(ApiKey presented, KeyName name, CompletableFuture<Verdict> mine) {
        lookUps.incrementAndGet();
        // Before Postgres is read, so that a change made meanwhile outlives the refill.
        var deadline = WriteDeadline.startingNow();
        NearCache.AsOf asked = near.now();
        long generation = history.generation();
        Optional<KeyRecord> key = breakers.postgres().executeSupplier(() -> find(presented.digest()));
        Verdict verdict = key.map(PostgresFallback::judge).orElse(UNKNOWN);
        keep(presented, name, key, verdict, asked, generation, deadline, mine);
        // A process that was stopped meanwhile wakes up with an answer as old as its sleep; and a Postgres that has
        // lost its
        // place to another gave an answer that does not count.
        boolean counts =
                System.nanoTime() - asked.nanoTime() <= settings.staleAfter().toNanos() && !history.isDoubted();
        return counts ? verdict : UNAVAILABLE;
    }

    /** What Postgres has, read again if the key may have reached its deadline while the answer was on its way. */
    private Optional<KeyRecord> find(KeyDigest digest) {
        while (true) {
            long asked = System.nanoTime();
            Optional<KeyRecord> key = keys.find(digest, settings.missTimeout().plus(AFTERTIME));
            Instant atTheLatest = key.map(KeyRecord::readAt).orElse(Instant.MIN).plusNanos(System.nanoTime() - asked);
            if (key.filter(found -> found.state() != found.term().stateAt(atTheLatest))
                    .isEmpty()) {
                return key;
            }
        }
    }

    /**
     * Tells Redis of a good key, and remembers of any other that it is not, unless a change has overtaken the read.
     * Decided and done in one step with regard to changes of this node, so that what a change writes is sent after the
     * refill and wins, even if Redis lost everything in between. If the refill fails, the next check is a miss again.
     */
    @SuppressWarnings("ReferenceEquality") // this very read, and no later one
    private void keep(
            ApiKey presented,
            KeyName name,
            Optional<KeyRecord> key,
            Verdict verdict,
            NearCache.AsOf asked,
            long generation,
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
                    ended.remember(name, verdict, generation);
                }
            }
            return present;
        });
    }

    private void refill(KeyRecord key, WriteDeadline deadline) {
        // A Redis that cannot keep up is not helped by writes which only save time.
        if (breakers.redis(active.primaryOf(key.digest().name())).getState() == State.CLOSED) {
            var _ = active.apply(key.digest().name(), Projection.of(key), deadline);
        }
    }

    private static Verdict judge(KeyRecord key) {
        return switch (key.state()) {
            case ACTIVE ->
                new Verdict.Good(
                        key.id(),
                        key.owner(),
                        key.details().scopes(),
                        key.term().expiresAt());
            case EXPIRED -> new Verdict.Expired(key.id(), key.owner(), ended(key));
            case REVOKED -> new Verdict.Revoked(key.id(), ended(key));
            case ROTATED -> new Verdict.Rotated(key.id(), ended(key), key.term().successorId());
        };
    }

    private static Instant ended(KeyRecord key) {
        return Objects.requireNonNull(key.endedAt(), "a constraint gives every ended key its instant");
    }

    @PreDestroy
    void close() {
        threads.shutdown();
    }
}
