package io.keylapse.audit;

import io.keylapse.background.LoopRegistry;
import io.keylapse.registry.audit.AuditTrail;
import io.keylapse.registry.sql.Postgres;
import io.keylapse.registry.sql.PostgresLoop;
import io.micronaut.context.annotation.Context;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.time.Instant;

/** Background task that removes entries past the retention time: every 10 minutes, in batches, oldest first. */
@Context
public final class AuditRetention {
    private static final Duration PAUSE = Duration.ofMinutes(10);
    /** Long, because a shorter retention time may leave many entries to remove. */
    private static final Duration BOUND = Duration.ofHours(6);

    private static final int BATCH = 500;

    private final AuditTrail trail;
    private final Postgres postgres;
    private final AuditSettings settings;
    private final PostgresLoop loop;
    private volatile boolean stopping;

    AuditRetention(LoopRegistry loops, AuditTrail trail, Postgres postgres, AuditSettings settings) {
        this.trail = trail;
        this.postgres = postgres;
        this.settings = settings;
        this.loop = new PostgresLoop(loops, "audit-retention", PAUSE, BOUND, this::runOnce);
    }

    @PostConstruct
    void start() {
        loop.start();
    }

    /** Removes everything that is past the retention time. */
    public void runOnce() {
        Instant before = postgres.now().minus(settings.retention());
        int removed;
        do {
            removed = postgres.inTransaction(() -> trail.removeBefore(before, BATCH));
        } while (removed == BATCH && !stopping);
    }

    @PreDestroy
    void stop() throws InterruptedException {
        stopping = true;
        loop.stop();
    }
}
