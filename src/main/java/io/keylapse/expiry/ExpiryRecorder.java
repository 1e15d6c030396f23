package io.keylapse.expiry;

import io.keylapse.background.LoopRegistry;
import io.keylapse.expiry.ExpiryQueue.Expiry;
import io.keylapse.key.KeyName;
import io.keylapse.registry.ending.BlacklistTable;
import io.keylapse.registry.ending.BlacklistTable.Recorded;
import io.keylapse.registry.ending.DueKeys;
import io.keylapse.registry.ending.RecordingSource;
import io.keylapse.registry.sql.PostgresLoop;
import io.micronaut.context.annotation.Context;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Expiry recorder: writes queued expiries to the blacklist, in batches. Postgres decides for each key whether it is due. An
 * event that came early, because Redis's clock is ahead, is queued again when the key is due.
 *
 * <p>When very many keys are due at once, they are not recorded by name. Names come in random order, and each would cost
 * Postgres a page; see {@link BulkRecorder}.
 */
@Context
final class ExpiryRecorder {
    private static final Duration POLL_TIMEOUT = Duration.ofMillis(250);
    private static final Duration LINGER = Duration.ofMillis(5);

    /** One run may record all due keys, when there are more than the queue holds. */
    private static final Duration BOUND = Duration.ofMinutes(2);

    /** Events that come earlier than this are dropped: the sweep will find the key. */
    private static final Duration MAX_EARLY = Duration.ofSeconds(30);

    private final ExpiryQueue queue;
    private final BulkRecorder bulk;
    private final BlacklistTable blacklist;
    private final DueKeys deadlines;
    private final RecordedExpiries recordedExpiries;
    private final PostgresLoop loop;
    private final ScheduledExecutorService delayed = Executors.newSingleThreadScheduledExecutor(
            Thread.ofVirtual().name("expiry-held").factory());

    ExpiryRecorder(
            LoopRegistry loops,
            ExpiryQueue queue,
            BulkRecorder bulk,
            BlacklistTable blacklist,
            DueKeys deadlines,
            RecordedExpiries recordedExpiries) {
        this.queue = queue;
        this.bulk = bulk;
        this.blacklist = blacklist;
        this.deadlines = deadlines;
        this.recordedExpiries = recordedExpiries;
        this.loop = new PostgresLoop(loops, "expiry-recorder", Duration.ofMillis(1), BOUND, this::runOnce);
    }

    @PostConstruct
    void start() {
        loop.start();
    }

    /** Records the next batch, or all due keys if the queue is backed up. The sweep records what fails here. */
    void runOnce() throws InterruptedException {
        if (queue.isBackedUp()) {
            queue.clear();
            bulk.record(Duration.ZERO);
            return;
        }
        List<Expiry> batch = queue.takeBatch(BlacklistTable.BATCH, POLL_TIMEOUT, LINGER);
        for (RecordingSource source : RecordingSource.values()) {
            List<KeyName> names = batch.stream()
                    .filter(expiry -> expiry.source() == source)
                    .map(Expiry::name)
                    .distinct()
                    .toList();
            if (!names.isEmpty()) {
                record(names, source);
            }
        }
    }

    private void record(List<KeyName> names, RecordingSource source) {
        List<Recorded> recorded = blacklist.record(names, source);
        recordedExpiries.report(recorded, source);
        if (recorded.size() < names.size()) {
            requeueWhenDue(names, source);
        }
    }

    private void requeueWhenDue(List<KeyName> names, RecordingSource source) {
        for (DueKeys.Early early : deadlines.notYetDue(names, MAX_EARLY)) {
            var _ = delayed.schedule(
                    () -> queue.offer(new Expiry(early.name(), source)),
                    early.left().toMillis() + 1,
                    TimeUnit.MILLISECONDS);
        }
    }

    @PreDestroy
    void stop() throws InterruptedException {
        delayed.shutdownNow();
        loop.stop();
    }
}
