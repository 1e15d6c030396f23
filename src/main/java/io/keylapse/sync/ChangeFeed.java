package io.keylapse.sync;

import io.keylapse.active.KeyChanges;
import io.keylapse.active.KeyChanges.Change;
import io.keylapse.active.trust.RecentChanges;
import io.keylapse.background.BackgroundLoops;
import io.keylapse.registry.ChangeLog;
import io.keylapse.registry.ChangeLog.Changed;
import io.keylapse.registry.ChangeLog.Horizon;
import io.keylapse.registry.PostgresClock;
import io.keylapse.registry.sql.Rounds;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micronaut.context.annotation.Context;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.util.List;

/**
 * Tells this node of every change, whoever made it, a moment after its commit. What is visible is told, and looked at
 * again until nothing before it can become visible any more, so nothing is skipped and nothing is waited for.
 */
@Context
final class ChangeFeed {
    /** By then checks have long been answered from Postgres, because what Redis says cannot be compared with it. */
    private static final Duration BOUND = Duration.ofSeconds(10);

    private final ChangeLog log;
    private final KeyChanges changes;
    private final RecentChanges recent;
    private final PostgresClock clock;
    private final Timer lag;
    private final SyncSettings settings;
    private final Rounds rounds;
    private volatile long seenAll = -1;

    ChangeFeed(
            BackgroundLoops loops,
            ChangeLog log,
            KeyChanges changes,
            RecentChanges recent,
            PostgresClock clock,
            SyncSettings settings,
            MeterRegistry meters) {
        this.log = log;
        this.clock = clock;
        this.changes = changes;
        this.recent = recent;
        this.settings = settings;
        this.rounds = new Rounds(loops, "change-feed", settings.interval(), BOUND, this::runOnce);
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

    /** Learns what has changed since the last time. */
    void runOnce() {
        long asOf = System.nanoTime();
        Horizon horizon = log.look();
        clock.observe(horizon.at(), asOf);
        if (seenAll < 0) {
            remember();
        } else {
            tell();
        }
        seenAll = Math.max(seenAll, horizon.position());
        recent.confirm(asOf);
    }

    /** At the start: as much of the past as there is room for, and half as much again for what is to come. */
    private void remember() {
        List<Changed> past = log.latest(RecentChanges.MOST / 2).reversed();
        recent.beginAt(
                past.size() < RecentChanges.MOST / 2 ? 0 : past.getFirst().position() - 1);
        past.forEach(each -> recent.learn(each.position(), each.name(), each.version()));
    }

    private void tell() {
        List<Changed> batch;
        long position = seenAll;
        do {
            batch = log.after(position);
            for (Changed each : batch) {
                if (recent.learn(each.position(), each.name(), each.version())) {
                    lag.record(each.age());
                }
                changes.announce(new Change(each.name(), each.version(), each.expiresAt()));
                position = each.position();
            }
        } while (batch.size() == ChangeLog.BATCH);
    }
}
