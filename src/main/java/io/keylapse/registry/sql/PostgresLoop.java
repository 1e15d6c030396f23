package io.keylapse.registry.sql;

import io.keylapse.background.BackgroundLoop;
import io.keylapse.background.LoopRegistry;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A background task on Postgres. Requests, however many, never take the last connections from it, and a dead connection
 * holds it up for two seconds. A Postgres that answers slowly gets more time from round to round. An outage of Postgres is
 * told by {@link ReconnectingDataSource} for all.
 */
public final class PostgresLoop {
    /**
     * How long a statement may take: 40 times as long as the largest batch, of 1,000 recordings, was measured to, and
     * short enough that whatever hangs on a dead connection is found out and done again in time.
     */
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    /** How long at the most, for a Postgres that answers but is slow: what is always cut short would never be done. */
    private static final Duration MAX_PATIENCE = PATIENCE.multipliedBy(16);

    private final LoopRegistry loops;
    private final String name;
    private final Duration pause;
    private final Duration bound;
    private final Work work;
    private Duration patience = PATIENCE;
    private @Nullable BackgroundLoop loop;

    /** What is done in a round. */
    @FunctionalInterface
    public interface Work {
        void run() throws InterruptedException;
    }

    /**
     * A task that {@link #start} begins.
     *
     * @param bound after which a task that has not succeeded is named in readiness
     */
    public PostgresLoop(LoopRegistry loops, String name, Duration pause, Duration bound, Work work) {
        this.loops = loops;
        this.name = name;
        this.pause = pause;
        this.bound = bound;
        this.work = work;
    }

    /** Begins with the first round. */
    public void start() {
        loop = loops.start(name, pause, bound, this::round, PostgresLoop::inWords);
    }

    private void round() throws InterruptedException {
        long begun = System.nanoTime();
        try {
            Postgres.asOwnWork(patience, work);
        } catch (RuntimeException e) {
            if (PostgresFailure.wasCutShort(e) && patience.compareTo(MAX_PATIENCE) < 0) {
                patience = patience.multipliedBy(2);
            }
            throw e;
        }
        if (System.nanoTime() - begun < PATIENCE.toNanos()) {
            patience = PATIENCE;
        }
    }

    private static @Nullable String inWords(Exception failure) {
        return PostgresFailure.isOutage(failure) ? null : PostgresFailure.inWords(failure);
    }

    /** Lets a round under way end, because interrupting a statement breaks its connection. */
    public void stop() throws InterruptedException {
        BackgroundLoop started = loop;
        if (started != null) {
            started.stop();
        }
    }
}
