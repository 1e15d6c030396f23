package io.keylapse.expiry;

import io.keylapse.registry.BlacklistTable;
import io.keylapse.registry.BlacklistTable.Recorded;
import io.keylapse.registry.RecordingSource;
import io.keylapse.registry.sql.Postgres;
import io.micronaut.context.annotation.Context;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds in Postgres what is overdue and was never announced. Sufficient by itself: the rest is only faster. */
@Context
final class ExpirySweep {
    private static final Logger LOG = LoggerFactory.getLogger(ExpirySweep.class);

    /** Alone, it has 99% of all expiries recorded within two seconds. */
    private static final Duration PAUSE = Duration.ofMillis(500);

    private final BlacklistTable blacklist;
    private final RecordedExpiries recordedExpiries;
    private final ExpirySettings settings;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofVirtual().name("expiry-sweep").factory());
    private boolean failing;

    ExpirySweep(BlacklistTable blacklist, RecordedExpiries recordedExpiries, ExpirySettings settings) {
        this.blacklist = blacklist;
        this.recordedExpiries = recordedExpiries;
        this.settings = settings;
    }

    @PostConstruct
    void start() {
        if (settings.sweep()) {
            var _ = thread.scheduleWithFixedDelay(
                    () -> Postgres.asOwnWork(this::sweep), PAUSE.toMillis(), PAUSE.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void sweep() {
        try {
            runOnce();
            failing = false;
        } catch (RuntimeException e) {
            if (!failing) {
                LOG.warn("the sweep failed and goes on trying: {}", e.toString());
            }
            failing = true;
        }
    }

    /** Records everything that is overdue. */
    void runOnce() {
        List<Recorded> recorded;
        do {
            recorded = blacklist.recordOverlooked();
            recordedExpiries.report(recorded, RecordingSource.SWEEP);
        } while (recorded.size() == BlacklistTable.BATCH);
    }

    /** Lets a statement under way end, because interrupting one breaks its connection. */
    @PreDestroy
    void stop() throws InterruptedException {
        thread.shutdown();
        var _ = thread.awaitTermination(5, TimeUnit.SECONDS);
    }
}
