package io.keylapse.expiry;

import io.keylapse.background.LoopRegistry;
import io.keylapse.expiry.ExpiryQueue.Heard;
import io.keylapse.key.KeyName;
import io.keylapse.registry.BlacklistTable;
import io.keylapse.registry.BlacklistTable.Recorded;
import io.keylapse.registry.DueKeys;
import io.keylapse.registry.RecordingSource;
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
 * Writes expiries into the blacklist, in batches. Postgres decides for each whether it is due; an event that came early,
 * because Redis's clock leads, is held until it is.
 *
 * <p>When very many are due at once their names are not gone by: they come in no order, and so would cost Postgres a page
 * for each.
 */
@Context
final class ExpiryRecorder {
    private static final Duration PATIENCE = Duration.ofMillis(100);
    private static final Duration LINGER = Duration.ofMillis(5);

    /** A round records all that is due when more is due than the queue holds. */
    private static final Duration BOUND = Duration.ofMinutes(2);

    /** An event earlier than this is not held: the sweep will find the key. */
    private static final Duration MAX_EARLY = Duration.ofSeconds(30);

    private final ExpiryQueue queue;
    private final BulkRecorder backlog;
    private final BlacklistTable blacklist;
    private final DueKeys deadlines;
    private final RecordedExpiries recordedExpiries;
    private final PostgresLoop rounds;
    private final ScheduledExecutorService held = Executors.newSingleThreadScheduledExecutor(
            Thread.ofVirtual().name("expiry-held").factory());

    ExpiryRecorder(
            LoopRegistry loops,
            ExpiryQueue queue,
            BulkRecorder backlog,
            BlacklistTable blacklist,
            DueKeys deadlines,
            RecordedExpiries recordedExpiries) {
        this.queue = queue;
        this.backlog = backlog;
        this.blacklist = blacklist;
        this.deadlines = deadlines;
        this.recordedExpiries = recordedExpiries;
        this.rounds = new PostgresLoop(loops, "expiry-recorder", Duration.ofMillis(1), BOUND, this::runOnce);
    }

    @PostConstruct
    void start() {
        rounds.start();
    }

    /** Records one batch, if there is something to record within a moment, or all there is. What fails is left to the sweep. */
    void runOnce() throws InterruptedException {
        if (queue.isBackedUp()) {
            queue.clear();
            backlog.record(Duration.ZERO);
            return;
        }
        List<Heard> batch = queue.takeBatch(BlacklistTable.BATCH, PATIENCE, LINGER);
        for (RecordingSource source : RecordingSource.values()) {
            List<KeyName> names = batch.stream()
                    .filter(heard -> heard.source() == source)
                    .map(Heard::name)
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
            hold(names, source);
        }
    }

    private void hold(List<KeyName> names, RecordingSource source) {
        for (DueKeys.Early early : deadlines.notYetDue(names, MAX_EARLY)) {
            var _ = held.schedule(
                    () -> queue.offer(new Heard(early.name(), source)),
                    early.left().toMillis() + 1,
                    TimeUnit.MILLISECONDS);
        }
    }

    @PreDestroy
    void stop() throws InterruptedException {
        held.shutdownNow();
        rounds.stop();
    }
}
