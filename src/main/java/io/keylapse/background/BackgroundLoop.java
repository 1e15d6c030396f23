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
 * A background task that runs in rounds, with a pause in between, until it is stopped. Whatever a round throws, errors
 * included, the next round follows. The first failure of a series is logged, and every failure is counted.
 *
 * <p>A task that has not succeeded within its bound has a {@link #complaint}, whether its rounds fail or one of them hangs.
 */
public final class BackgroundLoop {
    private static final Logger LOG = LoggerFactory.getLogger(BackgroundLoop.class);
    private static final Duration PATIENCE_AT_THE_END = Duration.ofSeconds(5);

    /** A task without a pause of its own would otherwise use up a processor as long as it fails. */
    private static final Duration MIN_PAUSE_AFTER_FAILURE = Duration.ofMillis(100);

    private final String name;
    private final Duration delay;
    private final Duration pause;
    private final Duration pauseAfterFailure;
    private final Duration bound;
    private final Function<Exception, @Nullable String> words;
    private final Consumer<BackgroundLoop> whenStopped;
    private final Thread thread;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);
    private final AtomicLong failures = new AtomicLong();

    /** Not final, so that a test can make it fail. */
    volatile Task task;

    private volatile long lastSuccess = System.nanoTime();
    private volatile boolean toldElsewhere;
    private boolean failing;

    /** What is done in a round. */
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
            Function<Exception, @Nullable String> words,
            Consumer<BackgroundLoop> whenStopped) {
        this.name = name;
        this.delay = delay;
        this.pause = pause;
        this.pauseAfterFailure = pause.compareTo(MIN_PAUSE_AFTER_FAILURE) > 0 ? pause : MIN_PAUSE_AFTER_FAILURE;
        this.bound = bound;
        this.task = task;
        this.words = words;
        this.whenStopped = whenStopped;
        this.thread = Thread.ofVirtual().name(name).unstarted(this::run);
    }

    /** What the task is called in the log, in metrics and in readiness. */
    public String name() {
        return name;
    }

    /** How many rounds have failed. */
    public long failures() {
        return failures.get();
    }

    /** How long ago a round last succeeded; before the first success, how long ago the loop was made. */
    public Duration sinceSuccess() {
        return Duration.ofNanos(System.nanoTime() - lastSuccess);
    }

    /** What is wrong and what to do about it, if the task has not succeeded within its bound and nothing else says why. */
    Optional<String> complaint() {
        Duration since = sinceSuccess();
        return toldElsewhere || since.compareTo(bound) <= 0
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

    /** Waits, and says whether the loop was stopped. An interrupt that is not ours ends the wait and nothing else. */
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
            toldElsewhere = false;
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
        toldElsewhere = false;
        try {
            tell(failure);
        } catch (Throwable untold) {
            // As when there is no memory for a line of the log; the metric and readiness tell of it.
            toldElsewhere = false;
        }
    }

    private void tell(Throwable failure) {
        boolean first = !failing;
        if (failure instanceof Exception exception) {
            String why = words.apply(exception);
            toldElsewhere = why == null;
            if (why == null) {
                LOG.debug("{}: {}", name, exception.toString());
                return;
            }
            failing = true;
            if (first) {
                LOG.warn("{}: {}; it is tried again every {} s", name, why, pauseAfterFailure.toMillis() / 1e3);
            }
        } else {
            failing = true;
            if (first) {
                LOG.error(
                        "{} failed because of a fault in Keylapse; it is tried again. Please report it.",
                        name,
                        failure);
            }
        }
    }

    private boolean isStopped() {
        return stopped.getCount() == 0;
    }

    /** Ends after the round under way, for which it waits 5 s at most. */
    public void stop() throws InterruptedException {
        stopped.countDown();
        awaitEnd();
    }

    /** Interrupts the round under way, and ends. */
    public void interrupt() throws InterruptedException {
        stopped.countDown();
        thread.interrupt();
        awaitEnd();
    }

    private void awaitEnd() throws InterruptedException {
        whenStopped.accept(this);
        if (thread.getState() != Thread.State.NEW) {
            var _ = ended.await(PATIENCE_AT_THE_END.toMillis(), TimeUnit.MILLISECONDS);
        }
    }
}
