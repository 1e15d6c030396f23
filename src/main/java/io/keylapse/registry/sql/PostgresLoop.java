package io.keylapse.registry.sql;

import io.keylapse.background.BackgroundLoop;
import io.keylapse.background.LoopRegistry;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A background loop that uses Postgres. It has connections of its own, so requests cannot starve it, and a dead connection
 * delays it by 2 seconds. The statement timeout doubles after each round that exceeded it. Outages of Postgres are not
 * logged here, because the data source logs them once for all.
 */
public final class PostgresLoop {
    /**
     * Initial statement timeout. It is 40 times the measured duration of the largest batch, 1,000 recordings, and short
     * enough to notice a dead connection and repeat the work in time.
     */
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    /** Maximum statement timeout. A slow Postgres needs it: work that is always cancelled would never complete. */
    private static final Duration MAX_PATIENCE = PATIENCE.multipliedBy(16);

    private final LoopRegistry loops;
    private final String name;
    private final Duration pause;
    private final Duration bound;
    private final Work work;
    private Duration patience = PATIENCE;
    private @Nullable BackgroundLoop loop;

    /** The work of one round. */
    @FunctionalInterface
    public interface Work {
        void run() throws InterruptedException;
    }

    /**
     * Creates a loop, which {@link #start} starts.
     *
     * @param pause time between two rounds
     * @param bound readiness names the loop if it has not succeeded for this long
     */
    public PostgresLoop(LoopRegistry loops, String name, Duration pause, Duration bound, Work work) {
        this.loops = loops;
        this.name = name;
        this.pause = pause;
        this.bound = bound;
        this.work = work;
    }

    /** Starts the loop with its first round. */
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

    /** Stops the loop. Waits for the current round, because an interrupt would break the connection of its statement. */
    public void stop() throws InterruptedException {
        BackgroundLoop started = loop;
        if (started != null) {
            started.stop();
        }
    }
}
