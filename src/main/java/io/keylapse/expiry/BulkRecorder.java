package io.keylapse.expiry;

import io.keylapse.registry.ending.BlacklistTable;
import io.keylapse.registry.ending.BlacklistTable.Recorded;
import io.keylapse.registry.ending.RecordingSource;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Bulk recorder: records all overdue keys in the order of their deadlines. For many keys this costs Postgres less than
 * finding each by name.
 */
@Singleton
final class BulkRecorder {
    private final BlacklistTable blacklist;
    private final RecordedExpiries recordedExpiries;
    private final AtomicBoolean beingRecorded = new AtomicBoolean();

    BulkRecorder(BlacklistTable blacklist, RecordedExpiries recordedExpiries) {
        this.blacklist = blacklist;
        this.recordedExpiries = recordedExpiries;
    }

    /**
     * Records all keys whose deadline passed at least {@code overdue} ago, batch by batch. Does nothing if another thread of
     * this node is already recording.
     */
    void record(Duration overdue) {
        if (!beingRecorded.compareAndSet(false, true)) {
            return;
        }
        try {
            List<Recorded> recorded;
            do {
                recorded = blacklist.recordOverdue(overdue);
                recordedExpiries.report(recorded, RecordingSource.SWEEP);
            } while (recorded.size() == BlacklistTable.BATCH);
        } finally {
            beingRecorded.set(false);
        }
    }
}
