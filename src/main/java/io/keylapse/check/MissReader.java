package io.keylapse.check;

import io.keylapse.active.ActiveKeys;
import io.keylapse.active.KeyChanges;
import io.keylapse.active.WriteDeadline;
import io.keylapse.key.KeyDigest;
import io.keylapse.key.KeyName;
import io.keylapse.key.KeyState;
import io.keylapse.projection.Projection;
import io.keylapse.registry.KeyRecord;
import io.keylapse.registry.KeyTable;
import io.keylapse.registry.sql.Postgres;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads from Postgres what a miss in Redis means, and refills Redis with it: one read per key at a time, which all who ask
 * meanwhile share, and only so many keys at once, so that a flood of misses cannot take Postgres down.
 */
@Singleton
final class MissReader {
    private static final Logger LOG = LoggerFactory.getLogger(MissReader.class);

    /** How many more may wait for their turn, for no longer than the time-out: a burst of misses is no outage. */
    private static final int MOST_WAITING = 1_000;

    /** What Postgres says, or that it cannot be asked. */
    sealed interface Answer {
        record Known(Optional<KeyRecord> key) implements Answer {}

        record Unavailable() implements Answer {}
    }

    private final KeyTable keys;
    private final ActiveKeys active;
    private final CheckSettings settings;
    private final Semaphore bulkhead;
    private final Semaphore room;
    private final ConcurrentHashMap<KeyName, CompletableFuture<Answer>> underWay = new ConcurrentHashMap<>();
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("miss-", 0).factory());

    MissReader(KeyTable keys, ActiveKeys active, CheckSettings settings, KeyChanges changes) {
        this.keys = keys;
        this.active = active;
        this.settings = settings;
        this.bulkhead = new Semaphore(settings.missConcurrency());
        this.room = new Semaphore(settings.missConcurrency() + MOST_WAITING);
        // Who asks after a change was acknowledged must not get an answer that was read before it.
        changes.register(change -> underWay.remove(change.name()));
    }

    /** The answer, at the latest after the time-out; the future never fails. */
    CompletableFuture<Answer> read(KeyDigest digest) {
        KeyName name = digest.name();
        CompletableFuture<Answer> present = underWay.get(name);
        if (present != null) {
            return present;
        }
        var mine = new CompletableFuture<Answer>();
        CompletableFuture<Answer> other = underWay.putIfAbsent(name, mine);
        if (other != null) {
            return other;
        }
        if (room.tryAcquire()) {
            var _ = threads.submit(() -> readInto(mine, digest));
        } else {
            underWay.remove(name, mine);
            mine.complete(new Answer.Unavailable());
        }
        return mine.completeOnTimeout(
                new Answer.Unavailable(), settings.missTimeout().toMillis(), TimeUnit.MILLISECONDS);
    }

    private void readInto(CompletableFuture<Answer> answer, KeyDigest digest) {
        Answer found = new Answer.Unavailable();
        try {
            if (bulkhead.tryAcquire(settings.missTimeout().toMillis(), TimeUnit.MILLISECONDS)) {
                try {
                    found = ask(digest, answer);
                } finally {
                    bulkhead.release();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            if (!Postgres.isUnavailable(e)) {
                LOG.error("a key could not be looked up in Postgres", e);
            }
        } finally {
            room.release();
            underWay.remove(digest.name(), answer);
            answer.complete(found);
        }
    }

    private Answer ask(KeyDigest digest, CompletableFuture<Answer> mine) {
        // Before Postgres is read, so that a change made meanwhile outlives the refill.
        var deadline = WriteDeadline.startingNow();
        Optional<KeyRecord> key = find(digest);
        key.filter(each -> each.state() == KeyState.ACTIVE).ifPresent(good -> refill(good, deadline, mine));
        return new Answer.Known(key);
    }

    /** What Postgres has, read again if the key may have reached its deadline while the answer was on its way. */
    private Optional<KeyRecord> find(KeyDigest digest) {
        while (true) {
            long asked = System.nanoTime();
            Optional<KeyRecord> key = keys.find(digest);
            Instant atTheLatest = key.map(KeyRecord::readAt).orElse(Instant.MIN).plusNanos(System.nanoTime() - asked);
            if (key.filter(found -> found.state() != found.term().stateAt(atTheLatest))
                    .isEmpty()) {
                return key;
            }
        }
    }

    /**
     * Tells Redis what it should have known, unless a change has overtaken the read. Decided and sent in one step with
     * regard to changes of this node, so that what a change writes is sent after the refill and wins, even if Redis
     * lost everything in between. If the refill fails, the next check is a miss again.
     */
    @SuppressWarnings("ReferenceEquality") // this very read, and no later one
    private void refill(KeyRecord key, WriteDeadline deadline, CompletableFuture<Answer> mine) {
        underWay.computeIfPresent(key.digest().name(), (name, present) -> {
            if (present == mine) {
                var _ = active.apply(name, Projection.of(key), deadline);
            }
            return present;
        });
    }

    @PreDestroy
    void close() {
        threads.shutdown();
    }
}
