package io.keylapse.active.trust;

import io.keylapse.key.KeyName;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * Lowest acceptable version of each recently changed key. An entry of a lower version is out of date, in Redis and in the
 * near cache. Floors are raised by the change feed, by messages from Redis, and at once by this node's own changes.
 *
 * <p>The floors are complete for changes after {@link #completeSince}, and as fresh as the last successful read of the
 * change feed ({@link #age}).
 */
@Singleton
public final class VersionFloors {
    /** Maximum number of keys, at about 100 bytes each. The oldest are removed first, but not before 15 seconds. */
    public static final int MAX_KEYS = 100_000;

    /**
     * Minimum time to keep a floor, regardless of their number. A write of an older version may reach Redis for 5 seconds,
     * and if Redis has been emptied in between, this node must have detected that first. Three times as long is ample.
     */
    private static final Duration MIN_LIFETIME = Duration.ofSeconds(15);

    /** How long checks wait for the feed after this process was stopped; see {@link #caughtUp}. */
    private static final Duration CATCH_UP_TIMEOUT = Duration.ofMillis(250);

    /**
     * Lowest acceptable version of a key.
     *
     * @param inOrder whether the feed has read this change, so that its position is known
     */
    private record Floor(int version, boolean inOrder) {}

    private record Change(long position, KeyName name, int version, long nanoTime) {}

    private final int maxKeys;
    private final Duration minLifetime;
    private final ExecutorService waiters = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("feed-waiters-", 0).factory());
    private final Map<KeyName, Floor> floors = new ConcurrentHashMap<>();
    private final Deque<Change> oldestFirst = new ArrayDeque<>();
    private volatile long completeSince = Long.MAX_VALUE;
    private volatile long freshAsOf = System.nanoTime() - Duration.ofDays(1).toNanos();
    private volatile CompletableFuture<Void> nextRead = new CompletableFuture<>();
    private volatile long firstMissed;
    private volatile long timesForgotten;
    private volatile boolean needed;

    @Inject
    VersionFloors() {
        this(MAX_KEYS, MIN_LIFETIME);
    }

    VersionFloors(int maxKeys, Duration minLifetime) {
        this.maxKeys = maxKeys;
        this.minLifetime = minLifetime;
    }

    /** Removes all floors, because Postgres has another history. The floors are incomplete until {@link #beginAt}. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // only the change feed forgets
    public void forget() {
        timesForgotten++;
        completeSince = Long.MAX_VALUE;
        floors.clear();
        oldestFirst.clear();
    }

    /** How often the floors were forgotten: changes before the last time may not have been announced on this node. */
    public long timesForgotten() {
        return timesForgotten;
    }

    /** Declares the floors complete for changes after that position. The caller has added them, and adds all later ones. */
    public void beginAt(long position) {
        completeSince = position;
    }

    /** Position after which the floors are complete: each key that changed later has one, unless it is in version 1. */
    public long completeSince() {
        return completeSince;
    }

    /** Raises the floor for a change made by this node or published by Redis. The feed will supply its position. */
    public void raise(KeyName name, int version) {
        needed = true;
        if (version > 1) {
            floors.merge(name, new Floor(version, false), (old, own) -> old.version >= version ? old : own);
        }
    }

    /** Adds a change that the feed has read; returns whether it was unknown. The first version of a key needs no floor. */
    public boolean learn(long position, KeyName name, int version) {
        if (version == 1) {
            return false;
        }
        var news = new boolean[1];
        floors.compute(name, (_, old) -> {
            if (old != null && (old.version > version || (old.version == version && old.inOrder))) {
                return old;
            }
            news[0] = true;
            return new Floor(version, true);
        });
        if (news[0]) {
            long now = System.nanoTime();
            oldestFirst.add(new Change(position, name, version, now));
            while (oldestFirst.size() > maxKeys && now - oldestFirst.element().nanoTime > minLifetime.toNanos()) {
                removeOldest();
            }
        }
        return news[0];
    }

    private void removeOldest() {
        Change oldest = oldestFirst.remove();
        // Move completeSince first, so that the floors never look complete without this one.
        completeSince = Math.max(completeSince, oldest.position);
        floors.computeIfPresent(oldest.name, (_, floor) -> floor.version == oldest.version ? null : floor);
    }

    /** Whether a newer version of the key is known. */
    public boolean isOutOfDate(KeyName name, int version) {
        // Written only once between two reads of the feed, because all checks share it.
        if (!needed) {
            needed = true;
        }
        Floor floor = floors.get(name);
        return floor != null && version < floor.version;
    }

    /** Notes that the feed has read every change that was visible at that {@link System#nanoTime}. */
    public void confirm(long nanoTime) {
        freshAsOf = nanoTime;
        firstMissed = 0;
        CompletableFuture<Void> waiting = nextRead;
        nextRead = new CompletableFuture<>();
        if (waiting.getNumberOfDependents() == 0) {
            waiting.complete(null);
        } else {
            // Completing it runs every waiting check, which must not delay the feed.
            waiters.execute(() -> waiting.complete(null));
        }
    }

    /** Whether a check has relied on the floors, or a change has raised one, since this was last called. */
    public boolean takeNeeded() {
        boolean taken = needed;
        needed = false;
        return taken;
    }

    /** Time since the feed last read all changes. */
    public Duration age() {
        return Duration.ofNanos(System.nanoTime() - freshAsOf);
    }

    /** The {@link System#nanoTime} at which the feed last read all changes. */
    public long freshAsOf() {
        return freshAsOf;
    }

    /**
     * Whether the floors are at most that old, now or within 250 ms. A process that was suspended resumes with old floors,
     * and the next read of the feed brings them up to date. The wait is granted once after each successful read and not to
     * each check, so that checks do not wait while Postgres is down.
     */
    public CompletionStage<Boolean> caughtUp(Duration bound) {
        if (age().compareTo(bound) <= 0) {
            return CompletableFuture.completedStage(true);
        }
        needed = true;
        CompletableFuture<Void> read = nextRead;
        long now = System.nanoTime();
        if (firstMissed == 0) {
            firstMissed = now;
        }
        long left = firstMissed + CATCH_UP_TIMEOUT.toNanos() - now;
        if (left <= 0) {
            return CompletableFuture.completedStage(age().compareTo(bound) <= 0);
        }
        return read.copy()
                .completeOnTimeout(null, left, TimeUnit.NANOSECONDS)
                .thenApply(_ -> age().compareTo(bound) <= 0);
    }

    /**
     * Whether, now or within {@code timeout}, the feed has read every change that was visible at that
     * {@link System#nanoTime}. All listeners of this node then know the changes that were committed before.
     */
    public CompletionStage<Boolean> seenSince(long nanoTime, Duration timeout) {
        if (freshAsOf - nanoTime >= 0) {
            return CompletableFuture.completedStage(true);
        }
        if (!timeout.isPositive()) {
            return CompletableFuture.completedStage(false);
        }
        needed = true;
        CompletableFuture<Void> read = nextRead;
        long now = System.nanoTime();
        // A read that is under way may have started too early; then wait for the next one.
        return read.copy()
                .completeOnTimeout(null, timeout.toNanos(), TimeUnit.NANOSECONDS)
                .thenCompose(_ -> seenSince(nanoTime, timeout.minusNanos(System.nanoTime() - now)));
    }
}
