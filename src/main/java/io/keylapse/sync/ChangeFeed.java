package io.keylapse.sync;

import io.keylapse.active.KeyChanges;
import io.keylapse.active.KeyChanges.Change;
import io.keylapse.active.trust.VersionFloors;
import io.keylapse.background.LoopRegistry;
import io.keylapse.registry.ChangeLog;
import io.keylapse.registry.ChangeLog.Changed;
import io.keylapse.registry.PostgresClock;
import io.keylapse.registry.sql.PostgresLoop;
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
 * Tells this node of every change, whoever made it, a moment after its commit. What is visible is told, and looked at
 * again until nothing before it can become visible any more, so nothing is skipped and nothing is waited for.
 */
@Context
final class ChangeFeed {
    /** By then checks have long been answered from Postgres, because what Redis says cannot be compared with it. */
    private static final Duration BOUND = Duration.ofSeconds(10);

    private static final long NOTHING = -1;

    private final HistoryWatch history;
    private final ChangeLog log;
    private final KeyChanges changes;
    private final VersionFloors recent;
    private final PostgresClock clock;
    private final Timer lag;
    private final SyncSettings settings;
    private final PostgresLoop rounds;
    private volatile long seenAll = NOTHING;
    private final TreeSet<Long> told = new TreeSet<>();
    private volatile long generation;

    ChangeFeed(
            LoopRegistry loops,
            HistoryWatch history,
            ChangeLog log,
            KeyChanges changes,
            VersionFloors recent,
            PostgresClock clock,
            SyncSettings settings,
            MeterRegistry meters) {
        this.history = history;
        this.log = log;
        this.clock = clock;
        this.changes = changes;
        this.recent = recent;
        this.settings = settings;
        this.rounds = new PostgresLoop(loops, "change-feed", settings.interval(), BOUND, this::runOnce);
        this.lag = Timer.builder("keylapse.feed.lag")
                .description("from a change in Postgres until this node knows of it, by Postgres's clock")
                .serviceLevelObjectives(
                        Duration.ofMillis(50),
                        Duration.ofMillis(100),
                        Duration.ofMillis(250),
                        Duration.ofMillis(500),
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(2),
                        Duration.ofSeconds(5))
                .register(meters);
        meters.gauge("keylapse.feed.age.seconds", recent, each -> each.age().toMillis() / 1000.0);
        changes.register(change -> recent.raise(change.name(), change.version()));
    }

    @PostConstruct
    void start() {
        if (settings.enabled()) {
            rounds.start();
        }
    }

    @PreDestroy
    void stop() throws InterruptedException {
        rounds.stop();
    }

    /** Up to this position this node has seen every change; negative as long as it has seen none. */
    long seenAll() {
        return seenAll;
    }

    /** Whether this node's memory of changes is of the same history as that look. */
    boolean goesBy(Seen seen) {
        return seen.generation() == generation;
    }

    /** Learns what has changed since the last time. */
    void runOnce() {
        long asOf = System.nanoTime();
        history.look().ifPresent(seen -> learn(seen, asOf));
    }

    private void learn(Seen seen, long asOf) {
        clock.observe(seen.look().at(), asOf);
        if (generation != seen.generation()) {
            seenAll = NOTHING;
            told.clear();
            recent.forget();
            remember();
            generation = seen.generation();
            seenAll = seen.position();
        } else {
            tell();
            seenAll = Math.max(seenAll, seen.position());
        }
        forgetTold();
        recent.confirm(asOf);
    }

    /** At the start: as much of the past as there is room for, and half as much again for what is to come. */
    private void remember() {
        List<Changed> past = log.latest(VersionFloors.MAX_KEYS / 2).reversed();
        past.forEach(each -> recent.learn(each.position(), each.name(), each.version()));
        recent.beginAt(
                past.size() < VersionFloors.MAX_KEYS / 2 ? 0 : past.getFirst().position() - 1);
    }

    /** What is behind {@link #seenAll} may have been told already, when a writer that is slow to commit holds it back. */
    private void tell() {
        List<Changed> batch;
        long position = seenAll;
        do {
            batch = log.after(position);
            for (Changed each : batch) {
                if (told.add(each.position())) {
                    if (recent.learn(each.position(), each.name(), each.version())) {
                        lag.record(each.age());
                    }
                    changes.announce(new Change(each.name(), each.version(), each.expiresAt()));
                }
                position = each.position();
            }
        } while (batch.size() == ChangeLog.BATCH);
    }

    private void forgetTold() {
        told.headSet(seenAll, true).clear();
        while (told.size() > VersionFloors.MAX_KEYS) {
            told.pollFirst();
        }
    }
}
