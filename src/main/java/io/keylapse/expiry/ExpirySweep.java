package io.keylapse.expiry;

import io.keylapse.registry.BlacklistTable;
import io.keylapse.registry.BlacklistTable.Recorded;
import io.keylapse.registry.RecordingSource;
import io.micronaut.scheduling.annotation.Scheduled;
import jakarta.inject.Singleton;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds in Postgres what is overdue and was never announced. Sufficient by itself: the rest is only faster. */
@Singleton
class ExpirySweep {
    private static final Logger LOG = LoggerFactory.getLogger(ExpirySweep.class);

    private final BlacklistTable blacklist;
    private final RecordedExpiries recordedExpiries;
    private final ExpirySettings settings;
    private volatile boolean failing;

    ExpirySweep(BlacklistTable blacklist, RecordedExpiries recordedExpiries, ExpirySettings settings) {
        this.blacklist = blacklist;
        this.recordedExpiries = recordedExpiries;
        this.settings = settings;
    }

    @Scheduled(initialDelay = "1s", fixedDelay = "1s")
    void sweep() {
        if (!settings.sweep()) {
            return;
        }
        try {
            runOnce();
            failing = false;
        } catch (RuntimeException e) {
            if (!failing) {
                LOG.warn("the sweep failed and tries again every second: {}", e.toString());
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
}
