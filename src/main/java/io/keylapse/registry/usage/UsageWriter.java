package io.keylapse.registry.usage;

import io.keylapse.background.LoopRegistry;
import io.keylapse.history.CurrentHistory;
import io.keylapse.key.KeyId;
import io.keylapse.registry.sql.Postgres;
import io.keylapse.registry.sql.PostgresLoop;
import io.keylapse.registry.sql.lane.ConnectionLanes;
import io.keylapse.registry.sql.lane.NoTurnException;
import io.keylapse.registry.sql.lane.PostgresLane;
import io.keylapse.registry.usage.UsageMemory.Entry;
import io.keylapse.registry.usage.UsageTable.Refusal;
import io.keylapse.registry.usage.UsageTable.Use;
import io.keylapse.registry.watch.PostgresClock;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Requires;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.util.Collections;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Background task that writes what was used. Once an interval it begins a pass over the memory, and in each round it writes as
 * many keys as the rate allows. So with few keys each use is written within the interval, and with many they take turns.
 *
 * <p>Writing takes places in the lowest lane, but not forever. Reporting does not: a node that is merely slow must not look
 * dead.
 */
@Context
@Requires(property = "keylapse.sync.enabled", notEquals = "false") // commands that serve no checks
final class UsageWriter {
    private static final Logger LOG = LoggerFactory.getLogger(UsageWriter.class);

    private static final int BATCH = 500;
    private static final Duration BOUND = Duration.ofMinutes(15);
    private static final Duration PATIENCE_AT_STOP = Duration.ofSeconds(1);
    private static final Duration TIME_TO_STOP = Duration.ofSeconds(4);

    private final UUID self = UUID.randomUUID();
    private final UsageMemory memory;
    private final UsageTable table;
    private final RecorderTable recorders;
    private final PostgresClock clock;
    private final CurrentHistory history;
    private final UsageSettings settings;
    private final PostgresLoop loop;
    private final LongAdder written = new LongAdder();
    private Iterator<KeyId> pass = Collections.emptyIterator();
    private long passBegun;
    private boolean starved;
    private long reportedGeneration;

    UsageWriter(
            LoopRegistry loops,
            UsageMemory memory,
            UsageTable table,
            RecorderTable recorders,
            PostgresClock clock,
            CurrentHistory history,
            UsageSettings settings,
            MeterRegistry meters) {
        this.memory = memory;
        this.table = table;
        this.recorders = recorders;
        this.clock = clock;
        this.history = history;
        this.settings = settings;
        this.loop = new PostgresLoop(loops, "usage", settings.pause(), BOUND, this::round);
        this.passBegun = System.nanoTime() - settings.interval().toNanos();
        FunctionCounter.builder("keylapse.usage.written", written, LongAdder::sum)
                .description("keys whose use was written to Postgres")
                .register(meters);
    }

    @PostConstruct
    void start() {
        loop.start();
    }

    private void round() {
        report();
        long now = System.nanoTime();
        if (!pass.hasNext() && now - passBegun >= settings.interval().toNanos()) {
            passBegun = now;
            starved = false;
            pass = memory.keys();
        }
        write(pass, settings.writesPerRound());
    }

    /** A gap is reported before anything else, and also what Postgres has lost of what was written. */
    private void report() {
        long generation = history.generation();
        boolean lost = reportedGeneration != 0 && generation != reportedGeneration;
        boolean dropped = memory.takeGap();
        try {
            recorders.report(self, lost || dropped || !settings.enabled(), settings.goneAfter());
        } catch (RuntimeException | Error e) {
            if (dropped) {
                memory.putBackGap();
            }
            throw e;
        }
        reportedGeneration = generation;
    }

    private void write(Iterator<KeyId> keys, int limit) {
        int left = limit;
        while (left > 0 && keys.hasNext() && clock.isPrecise()) {
            List<Entry> batch = memory.take(keys, Math.min(left, BATCH));
            left -= batch.size();
            try {
                writeInLane(batch);
            } catch (RuntimeException | Error e) {
                memory.putBack(batch);
                throw e;
            }
            written.add(batch.size());
        }
    }

    /** In the lowest lane, but while that has no place for 2 seconds, in the lane of own work until the pass is over. */
    private void writeInLane(List<Entry> batch) {
        if (!starved) {
            try {
                var _ = ConnectionLanes.in(PostgresLane.HEAVY, () -> write(batch));
                return;
            } catch (NoTurnException e) {
                starved = true;
            }
        }
        write(batch);
    }

    private boolean write(List<Entry> batch) {
        List<Entry> inOrder = batch.stream()
                .sorted(Comparator.comparing(each -> each.key().value()))
                .toList();
        List<Use> uses = inOrder.stream()
                .filter(each -> each.what().used())
                .map(each -> new Use(each.key().value(), millis(each.what().usedAt())))
                .toList();
        List<Refusal> refusals = inOrder.stream()
                .filter(each -> each.what().refused() > 0)
                .map(each -> new Refusal(
                        each.key().value(),
                        millis(each.what().refusedAt()),
                        each.what().refused()))
                .toList();
        if (!uses.isEmpty()) {
            table.addUses(uses);
        }
        if (!refusals.isEmpty()) {
            table.addRefusals(refusals);
        }
        return true;
    }

    /** Never later than the real instant. */
    private long millis(long nanoTime) {
        return clock.instantNotAfter(nanoTime).toEpochMilli();
    }

    /** Writes everything and leaves. A node that cannot stays in the table of nodes and counts as lost later. */
    @PreDestroy
    void stop() throws InterruptedException {
        loop.stop();
        try {
            Postgres.asOwnWork(PATIENCE_AT_STOP, this::writeAllAndLeave);
        } catch (RuntimeException e) {
            LOG.debug("the latest uses of keys could not be written: {}", e.toString());
        }
    }

    private void writeAllAndLeave() {
        report();
        long begun = System.nanoTime();
        while (!memory.isEmpty() && System.nanoTime() - begun < TIME_TO_STOP.toNanos() && clock.isPrecise()) {
            write(memory.keys(), BATCH);
        }
        if (memory.isEmpty()) {
            recorders.leave(self);
        }
    }
}
