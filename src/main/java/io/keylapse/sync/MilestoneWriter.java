package io.keylapse.sync;

import io.keylapse.background.LoopRegistry;
import io.keylapse.registry.MilestoneTable;
import io.keylapse.registry.sql.PostgresLoop;
import io.micronaut.context.annotation.Context;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.time.Duration;

/** Stores a new milestone, a random id, in Postgres every 10 seconds; see {@link io.keylapse.history.HistoryPosition}. */
@Context
final class MilestoneWriter {
    private static final Duration EVERY = Duration.ofSeconds(10);

    /** How long milestones are kept. A Redis with an older mark is rebuilt. */
    private static final Duration KEPT = Duration.ofDays(7);

    private static final Duration BOUND = Duration.ofMinutes(1);

    private final SyncSettings settings;
    private final PostgresLoop loop;

    MilestoneWriter(LoopRegistry loops, MilestoneTable milestones, SyncSettings settings) {
        this.settings = settings;
        this.loop =
                new PostgresLoop(loops, "milestones", EVERY.dividedBy(5), BOUND, () -> milestones.renew(EVERY, KEPT));
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
}
