package io.keylapse.sync;

import io.keylapse.background.LoopRegistry;
import io.keylapse.registry.MilestoneTable;
import io.keylapse.registry.sql.PostgresLoop;
import io.micronaut.context.annotation.Context;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.time.Duration;

/** Gives Postgres a new random id to remember every ten seconds; see {@link io.keylapse.history.HistoryPosition}. */
@Context
final class MilestoneWriter {
    private static final Duration EVERY = Duration.ofSeconds(10);

    /** A Redis that comes back older than that is compared with Postgres as a whole. */
    private static final Duration KEPT = Duration.ofDays(7);

    private static final Duration BOUND = Duration.ofMinutes(1);

    private final SyncSettings settings;
    private final PostgresLoop rounds;

    MilestoneWriter(LoopRegistry loops, MilestoneTable milestones, SyncSettings settings) {
        this.settings = settings;
        this.rounds =
                new PostgresLoop(loops, "milestones", EVERY.dividedBy(5), BOUND, () -> milestones.renew(EVERY, KEPT));
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
}
