package io.keylapse.background;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Background task that runs repeatedly, with a pause between two runs, until it is stopped. It continues after every
 * exception and error. The first failure of a series is logged, and every failure is counted.
 *
 * <p>A task that has not succeeded within its bound has a {@link #complaint}, whether its runs fail or one of them hangs.
 */
public final class BackgroundLoop {
    private static final Logger LOG = LoggerFactory.getLogger(BackgroundLoop.class);
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(5);

    /** Minimum pause after a failure: a failing task without a pause would otherwise keep a processor busy. */
    private static final Duration MIN_PAUSE_AFTER_FAILURE = Duration.ofMillis(100);

    private final String name;
    private final Duration delay;
    private final Duration pause;
    private final Duration pauseAfterFailure;
    private final Duration bound;
    private final Function<Exception, @Nullable String> describe;
    private final Consumer<BackgroundLoop> whenStopped;
    private final Thread thread;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);
    private final AtomicLong failures = new AtomicLong();

    /** Not final, so that a test can replace it. */
    volatile Task task;

    private volatile long lastSuccess = System.nanoTime();
    private volatile boolean reportedElsewhere;
    private boolean failing;

    /** One run of the task. */
    @FunctionalInterface
    public interface Task {
        void run() throws Exception;
    }

    BackgroundLoop(
            String name,
            Duration delay,
            Duration pause,
            Duration bound,
            Task task,
            Function<Exception, @Nullable String> describe,
            Consumer<BackgroundLoop> whenStopped) {
        this.name = name;
        this.delay = delay;
        this.pause = pause;
        this.pauseAfterFailure = pause.compareTo(MIN_PAUSE_AFTER_FAILURE) > 0 ? pause : MIN_PAUSE_AFTER_FAILURE;
        this.bound = bound;
        this.task = task;
        this.describe = describe;
        this.whenStopped = whenStopped;
        this.thread = Thread.ofVirtual().name(name).unstarted(this::run);
    }

    /** Name of the task in the log, in metrics and in readiness. */
    public String name() {
        return name;
    }

    /** Number of failed runs. */
    public long failures() {
        return failures.get();
    }

    /** Time since the last successful run; before the first one, since the loop was started. */
    public Duration sinceSuccess() {
        return Duration.ofNanos(System.nanoTime() - lastSuccess);
    }

    /** The problem and what to do, if the task has not succeeded within its bound and no other part reports the cause. */
    Optional<String> complaint() {
        Duration since = sinceSuccess();
        return reportedElsewhere || since.compareTo(bound) <= 0
                ? Optional.empty()
                : Optional.of("the background task " + name + " has not succeeded for " + since.toSeconds()
                        + " s (limit: " + bound.toSeconds()
                        + " s); see the log, and restart this instance if it does not recover");
    }

    void start() {
        lastSuccess = System.nanoTime();
        thread.start();
    }

    private void run() {
        try {
            boolean over = !delay.isZero() && rest(delay);
            while (!over) {
                over = rest(round() ? pause : pauseAfterFailure);
            }
        } finally {
            ended.countDown();
        }
    }

    /** Waits, and returns whether the loop was stopped. Any other interrupt only ends the wait. */
    private boolean rest(Duration time) {
        try {
            return stopped.await(time.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            return isStopped();
        }
    }

    private boolean round() {
        try {
            task.run();
            lastSuccess = System.nanoTime();
            reportedElsewhere = false;
            if (failing) {
                failing = false;
                LOG.info("{} works again", name);
            }
            return true;
        } catch (Throwable e) {
            failed(e);
            return false;
        }
    }

    private void failed(Throwable failure) {
        if (isStopped()) {
            return;
        }
        failures.incrementAndGet();
        reportedElsewhere = false;
        try {
            report(failure);
        } catch (Throwable notLogged) {
            // For example, there is no memory for a log line. The metric and readiness still report the failure.
            reportedElsewhere = false;
        }
    }

    private void report(Throwable failure) {
        boolean first = !failing;
        if (failure instanceof Exception exception) {
            String why = describe.apply(exception);
            reportedElsewhere = why == null;
            if (why == null) {
                LOG.debug("{}: {}", name, exception.toString());
                return;
            }
            failing = true;
            if (first) {
                LOG.warn("{}: {}; retrying every {} s", name, why, pauseAfterFailure.toMillis() / 1e3);
            }
        } else {
            failing = true;
            if (first) {
                LOG.error(
                        "{} failed because of a fault in Keylapse, and will be retried. Please report it.",
                        name,
                        failure);
            }
        }
    }

    private boolean isStopped() {
        return stopped.getCount() == 0;
    }

    /** Stops after the current run. Waits for it, at most 5 seconds. */
    public void stop() throws InterruptedException {
        stopped.countDown();
        awaitEnd();
    }

    /** Interrupts the current run and stops. Waits for it, at most 5 seconds. */
    public void interrupt() throws InterruptedException {
        stopped.countDown();
        thread.interrupt();
        awaitEnd();
    }

    private void awaitEnd() throws InterruptedException {
        whenStopped.accept(this);
        if (thread.getState() != Thread.State.NEW) {
            var _ = ended.await(STOP_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        }
    }
}
