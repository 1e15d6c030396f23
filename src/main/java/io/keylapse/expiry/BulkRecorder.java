package io.keylapse.expiry;

import io.keylapse.registry.BlacklistTable;
import io.keylapse.registry.BlacklistTable.Recorded;
import io.keylapse.registry.RecordingSource;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Records what is due in the order of deadlines, as Postgres finds it, which costs Postgres less than to find as many by
 * name.
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

    /** Records everything that has been due for so long, batch by batch, unless another thread of this node is at it. */
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
