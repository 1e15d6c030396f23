package io.keylapse.registry.sql;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Work on Postgres that nobody asked for and that the promises stand on, such as recording expiries, done over and over
 * with a pause in between. Requests, however many, never take the last connections from it, and a dead connection holds
 * it up for two seconds. Says so once when it begins to fail, and when that is over; an outage of Postgres is told by
 * {@link PersistentDataSource} for all.
 */
public final class Rounds {
    private static final Logger LOG = LoggerFactory.getLogger(Rounds.class);

    /**
     * How long a statement may take: 40 times as long as the largest batch, of 1,000 recordings, was measured to, and
     * short enough that whatever hangs on a dead connection is found out and done again in time.
     */
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    /** How long at the most, for a Postgres that answers but is slow: what is always cut short would never be done. */
    private static final Duration MOST_PATIENCE = PATIENCE.multipliedBy(16);

    private final String name;
    private final Duration pause;
    private final Work work;
    private final ScheduledExecutorService thread;
    private Duration patience = PATIENCE;
    private boolean failing;

    /** What is done in a round. */
    @FunctionalInterface
    public interface Work {
        void run() throws InterruptedException;
    }

    /** Rounds of that work, which {@link #start} begins. */
    public Rounds(String name, Duration pause, Work work) {
        this.name = name;
        this.pause = pause;
        this.work = work;
        this.thread = Executors.newSingleThreadScheduledExecutor(
                Thread.ofVirtual().name(name).factory());
    }

    /** Begins with the first round. */
    public void start() {
        var _ = thread.scheduleWithFixedDelay(this::round, 0, pause.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void round() {
        long begun = System.nanoTime();
        try {
            Postgres.asOwnWork(patience, work);
            if (failing) {
                LOG.info("{} works again", name);
            }
            failing = false;
            if (System.nanoTime() - begun < PATIENCE.toNanos()) {
                patience = PATIENCE;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            tell(e);
            if (PostgresFailure.wasCutShort(e) && patience.compareTo(MOST_PATIENCE) < 0) {
                patience = patience.multipliedBy(2);
            }
        }
    }

    private void tell(RuntimeException failure) {
        if (PostgresFailure.isOutage(failure)) {
            LOG.debug("{}: {}", name, PostgresFailure.inWords(failure));
        } else if (!failing && !thread.isShutdown()) {
            failing = true;
            LOG.warn(
                    "{}: {}; it is tried again every {} s",
                    name,
                    PostgresFailure.inWords(failure),
                    pause.toMillis() / 1e3);
        }
    }

    /** Lets a round under way end, because interrupting a statement breaks its connection. */
    public void stop() throws InterruptedException {
        thread.shutdown();
        var _ = thread.awaitTermination(5, TimeUnit.SECONDS);
    }
}
