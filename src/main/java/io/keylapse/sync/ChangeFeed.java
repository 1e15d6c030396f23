package io.keylapse.sync;

import io.keylapse.active.KeyChanges;
import io.keylapse.active.KeyChanges.Change;
import io.keylapse.active.trust.Epoch;
import io.keylapse.active.trust.VersionFloors;
import io.keylapse.background.LoopRegistry;
import io.keylapse.registry.ChangeLog;
import io.keylapse.registry.ChangeLog.Changed;
import io.keylapse.registry.sql.PostgresLoop;
import io.keylapse.registry.watch.PostgresClock;
import io.keylapse.sync.HistoryWatch.Seen;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micronaut.context.annotation.Context;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.util.List;
import java.util.TreeSet;

/**
 * Change feed: reads every committed change from Postgres, by default every 0.2 seconds, and announces it on this node. It
 * reads every 0.8 seconds while no check relies on it and nothing changes; the first of either resumes the shorter interval.
 *
 * <p>Changes may become visible out of order. The feed announces each one as soon as it is visible, and reads again from the
 * horizon, the position up to which every change is visible. So it neither skips a change nor waits for a slow transaction.
 */
@Context
final class ChangeFeed {
    /** Long after {@code keylapse.check.stale-after}, from which on checks use Postgres. */
    private static final Duration BOUND = Duration.ofSeconds(10);

    private static final long NOTHING = -1;

    private final HistoryWatch history;
    private final ChangeLog log;
    private final KeyChanges changes;
    private final VersionFloors floors;
    private final Epoch epoch;
    private final PostgresClock clock;
    private final Timer lag;
    private final SyncSettings settings;
    private final PostgresLoop loop;
    private volatile long seenAll = NOTHING;
    private final TreeSet<Long> announced = new TreeSet<>();
    private volatile long generation;
    private boolean needed = true;
    private volatile boolean idle;

    ChangeFeed(
            LoopRegistry loops,
            HistoryWatch history,
            ChangeLog log,
            KeyChanges changes,
            VersionFloors floors,
            Epoch epoch,
            PostgresClock clock,
            SyncSettings settings,
            MeterRegistry meters) {
        this.history = history;
        this.log = log;
        this.clock = clock;
        this.changes = changes;
        this.floors = floors;
        this.epoch = epoch;
        this.settings = settings;
        this.loop = new PostgresLoop(loops, "change-feed", settings.interval(), BOUND, this::runOnce);
        this.lag = Timer.builder("keylapse.feed.lag")
                .description("time from a change in Postgres until this node has read it, by Postgres's clock")
                .serviceLevelObjectives(
                        Duration.ofMillis(50),
                        Duration.ofMillis(100),
                        Duration.ofMillis(250),
                        Duration.ofMillis(500),
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(2),
                        Duration.ofSeconds(5))
                .register(meters);
        meters.gauge("keylapse.feed.age.seconds", floors, each -> each.age().toMillis() / 1000.0);
        changes.register(change -> floors.raise(change.name(), change.version()));
    }

    @PostConstruct
    void start() {
        if (settings.enabled()) {
            loop.start();
        }
    }

    @PreDestroy
    void stop() throws InterruptedException {
        loop.stop();
    }

    /** Position up to which this node has read every change; negative before the first read. */
    long seenAll() {
        return seenAll;
    }

    /** Whether the floors of this node belong to the same history as that read. */
    boolean goesBy(Seen seen) {
        return seen.generation() == generation;
    }

    /** Whether in the last interval no check relied on the feed, and nothing changed. */
    boolean isIdle() {
        return idle;
    }

    private void runOnce() {
        // Stays true until a read succeeds.
        needed |= floors.takeNeeded();
        idle = !needed;
        if (needed || floors.age().compareTo(settings.idlePause()) >= 0) {
            read();
        }
    }

    /** Reads the changes since the last read. */
    void read() {
        long asOf = System.nanoTime();
        history.look().ifPresent(seen -> {
            learn(seen, asOf);
            needed = false;
        });
    }

    private void learn(Seen seen, long asOf) {
        clock.observe(seen.look().at(), asOf);
        if (generation != seen.generation()) {
            seenAll = NOTHING;
            announced.clear();
            // The near cache may hold what these floors rule out.
            epoch.advance();
            floors.forget();
            loadFloors();
            generation = seen.generation();
            seenAll = seen.position();
        } else {
            if (hasNew(seen)) {
                announceNew();
            }
            seenAll = Math.max(seenAll, seen.position());
        }
        trimAnnounced();
        floors.confirm(asOf);
    }

    /**
     * Whether any position was assigned after {@link #seenAll}; if not, there is nothing to read. Postgres may read the latest
     * position before the horizon, so a change between the two shows only in the horizon.
     */
    private boolean hasNew(Seen seen) {
        return Math.max(seen.look().given(), seen.position()) > seenAll;
    }

    /** Loads recent changes, up to half of the maximum number of floors, which leaves room for later ones. */
    private void loadFloors() {
        List<Changed> past = log.latest(VersionFloors.MAX_KEYS / 2).reversed();
        past.forEach(each -> floors.learn(each.position(), each.name(), each.version()));
        floors.beginAt(
                past.size() < VersionFloors.MAX_KEYS / 2 ? 0 : past.getFirst().position() - 1);
    }

    /** Announces changes after {@link #seenAll}, except those announced before: an open transaction may hold it back. */
    private void announceNew() {
        List<Changed> batch;
        long position = seenAll;
        do {
            batch = log.after(position);
            for (Changed each : batch) {
                if (announced.add(each.position())) {
                    if (floors.learn(each.position(), each.name(), each.version())) {
                        lag.record(each.age());
                    }
                    changes.announce(new Change(each.name(), each.version(), each.expiresAt()));
                }
                position = each.position();
            }
        } while (batch.size() == ChangeLog.BATCH);
    }

    private void trimAnnounced() {
        announced.headSet(seenAll, true).clear();
        while (announced.size() > VersionFloors.MAX_KEYS) {
            announced.pollFirst();
        }
    }
}
