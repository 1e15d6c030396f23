package io.keylapse.expiry;

import io.keylapse.background.LoopRegistry;
import io.keylapse.registry.ending.BlacklistTable;
import io.keylapse.registry.sql.PostgresLoop;
import io.micronaut.context.annotation.Context;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.time.Duration;

/** Sweep: finds overdue keys in Postgres that were not announced, and records them. It is sufficient on its own. */
@Context
final class ExpirySweep {
    /** With this pause, the sweep alone records 99% of all expiries within 2 seconds. */
    private static final Duration PAUSE = Duration.ofMillis(750);

    /** One run records all overdue keys, which may be millions. */
    private static final Duration BOUND = Duration.ofMinutes(2);

    private final BulkRecorder bulk;
    private final ExpirySettings settings;
    private final PostgresLoop loop;

    ExpirySweep(LoopRegistry loops, BulkRecorder bulk, ExpirySettings settings) {
        this.bulk = bulk;
        this.settings = settings;
        this.loop = new PostgresLoop(loops, "expiry-sweep", PAUSE, BOUND, this::runOnce);
    }

    @PostConstruct
    void start() {
        if (settings.sweep()) {
            loop.start();
        }
    }

    /** Records all keys that are overdue by {@link BlacklistTable#OVERLOOKED_AFTER}. */
    void runOnce() {
        bulk.record(BlacklistTable.OVERLOOKED_AFTER);
    }

    @PreDestroy
    void stop() throws InterruptedException {
        loop.stop();
    }
}
