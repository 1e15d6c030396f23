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
 * What this node remembers of recent changes: below which version an entry is out of date, wherever it was found. Told by
 * the change feed, and of this node's own changes at once.
 *
 * <p>It is complete from {@link #completeSince} on, and only as fresh as the feed's last look into Postgres.
 */
@Singleton
public final class VersionFloors {
    /** How many keys it remembers, at some 100 bytes each. The oldest give way, unless they are too young for it. */
    public static final int MOST = 100_000;

    /**
     * Too young to be forgotten, however many they are: a write of an older version may reach Redis for five seconds more,
     * and should Redis have been emptied meanwhile, that must have been found out. Three times as long is ample.
     */
    private static final Duration TOO_YOUNG = Duration.ofSeconds(15);

    /** How long a check waits for a feed that woke up behind the time; see {@link #caughtUp}. */
    private static final Duration PATIENCE = Duration.ofMillis(250);

    /**
     * The least version of a key that is not out of date.
     *
     * @param inOrder whether its position is known
     */
    private record Floor(int version, boolean inOrder) {}

    private record Learnt(long position, KeyName name, int version, long nanoTime) {}

    private final int most;
    private final Duration tooYoung;
    private final ExecutorService waiters = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("feed-waiters-", 0).factory());
    private final Map<KeyName, Floor> floors = new ConcurrentHashMap<>();
    private final Deque<Learnt> oldestFirst = new ArrayDeque<>();
    private volatile long completeSince = Long.MAX_VALUE;
    private volatile long freshAsOf = System.nanoTime() - Duration.ofDays(1).toNanos();
    private volatile CompletableFuture<Void> nextLook = new CompletableFuture<>();
    private volatile long firstMissed;

    @Inject
    VersionFloors() {
        this(MOST, TOO_YOUNG);
    }

    VersionFloors(int most, Duration tooYoung) {
        this.most = most;
        this.tooYoung = tooYoung;
    }

    /** Forgets everything, because Postgres has another history now. Nothing is complete until {@link #beginAt}. */
    public void forget() {
        completeSince = Long.MAX_VALUE;
        floors.clear();
        oldestFirst.clear();
    }

    /** From now on every change behind that position is going to be learnt. */
    public void beginAt(long position) {
        completeSince = position;
    }

    /** Every key whose last change is behind this position is known here, as far as its versions matter. */
    public long completeSince() {
        return completeSince;
    }

    /** A change made by this node, or pushed by Redis, whose position is yet to be learnt. */
    public void raise(KeyName name, int version) {
        if (version > 1) {
            floors.merge(name, new Floor(version, false), (old, own) -> old.version >= version ? old : own);
        }
    }

    /** A change that the feed brought; returns whether it is news to this node. A key's first version outdates nothing. */
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
            oldestFirst.add(new Learnt(position, name, version, now));
            while (oldestFirst.size() > most && now - oldestFirst.element().nanoTime > tooYoung.toNanos()) {
                forgetOldest();
            }
        }
        return news[0];
    }

    private void forgetOldest() {
        Learnt oldest = oldestFirst.remove();
        // First admit the gap, then make it.
        completeSince = Math.max(completeSince, oldest.position);
        floors.computeIfPresent(oldest.name, (_, floor) -> floor.version == oldest.version ? null : floor);
    }

    /** Whether a newer version of the key is known than this one. */
    public boolean isOutOfDate(KeyName name, int version) {
        Floor floor = floors.get(name);
        return floor != null && version < floor.version;
    }

    /** The feed has seen all there was at that {@link System#nanoTime}. */
    public void confirm(long nanoTime) {
        freshAsOf = nanoTime;
        firstMissed = 0;
        CompletableFuture<Void> waiting = nextLook;
        nextLook = new CompletableFuture<>();
        if (waiting.getNumberOfDependents() == 0) {
            waiting.complete(null);
        } else {
            // Completing it answers every waiting check, which must not hold up the feed.
            waiters.execute(() -> waiting.complete(null));
        }
    }

    /** How long ago the feed last saw all there was. */
    public Duration age() {
        return Duration.ofNanos(System.nanoTime() - freshAsOf);
    }

    /** The {@link System#nanoTime} at which the feed last saw all there was. */
    public long freshAsOf() {
        return freshAsOf;
    }

    /**
     * Whether the memory is no older than that, or becomes so within a moment: a process that was stopped wakes up with
     * an old memory and one look mends it. That moment is granted once and not to every check, so that a dead Postgres
     * holds up nobody.
     */
    public CompletionStage<Boolean> caughtUp(Duration bound) {
        if (age().compareTo(bound) <= 0) {
            return CompletableFuture.completedStage(true);
        }
        CompletableFuture<Void> look = nextLook;
        long now = System.nanoTime();
        if (firstMissed == 0) {
            firstMissed = now;
        }
        long left = firstMissed + PATIENCE.toNanos() - now;
        if (left <= 0) {
            return CompletableFuture.completedStage(age().compareTo(bound) <= 0);
        }
        return look.copy()
                .completeOnTimeout(null, left, TimeUnit.NANOSECONDS)
                .thenApply(_ -> age().compareTo(bound) <= 0);
    }

    /**
     * Whether the feed has seen, within that time from now, all there was at that {@link System#nanoTime}: what was
     * committed before then has been told to everybody on this node.
     */
    public CompletionStage<Boolean> seenSince(long nanoTime, Duration patience) {
        if (freshAsOf - nanoTime >= 0) {
            return CompletableFuture.completedStage(true);
        }
        if (!patience.isPositive()) {
            return CompletableFuture.completedStage(false);
        }
        CompletableFuture<Void> look = nextLook;
        long now = System.nanoTime();
        // A look that is under way may have begun too early, and then the one after it counts.
        return look.copy()
                .completeOnTimeout(null, patience.toNanos(), TimeUnit.NANOSECONDS)
                .thenCompose(_ -> seenSince(nanoTime, patience.minusNanos(System.nanoTime() - now)));
    }
}
