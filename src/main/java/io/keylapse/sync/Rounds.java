package io.keylapse.sync;

import io.keylapse.registry.sql.Postgres;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Work done over and over, with a pause in between; says so once when it begins to fail, and when that is over. */
final class Rounds {
    private static final Logger LOG = LoggerFactory.getLogger(Rounds.class);

    private final String name;
    private final Duration pause;
    private final Runnable work;
    private final ScheduledExecutorService thread;
    private boolean failing;

    Rounds(String name, Duration pause, Runnable work) {
        this.name = name;
        this.pause = pause;
        this.work = work;
        this.thread = Executors.newSingleThreadScheduledExecutor(
                Thread.ofVirtual().name(name).factory());
    }

    void start() {
        var _ = thread.scheduleWithFixedDelay(this::round, 0, pause.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void round() {
        try {
            Postgres.asOwnWork(work);
            if (failing) {
                LOG.info("{} works again", name);
            }
            failing = false;
        } catch (RuntimeException e) {
            if (!failing && !thread.isShutdown()) {
                LOG.warn("{} failed and goes on trying: {}", name, e.toString());
            }
            failing = true;
        }
    }

    /** Lets a round under way end, because interrupting a statement breaks its connection. */
    void stop() throws InterruptedException {
        thread.shutdown();
        var _ = thread.awaitTermination(5, TimeUnit.SECONDS);
    }
}
