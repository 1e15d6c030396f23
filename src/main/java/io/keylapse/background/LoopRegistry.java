package io.keylapse.background;

import io.keylapse.background.BackgroundLoop.Task;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Registry of background tasks: starts them, and reports all that run in metrics and readiness. */
@Singleton
public final class LoopRegistry {
    private static final String TASK = "task";

    private final MeterRegistry meters;
    private final Map<BackgroundLoop, List<Meter>> running = new ConcurrentHashMap<>();

    public LoopRegistry(MeterRegistry meters) {
        this.meters = meters;
    }

    /**
     * Starts a task. The caller stops it.
     *
     * @param name name in the log, in metrics and in readiness
     * @param pause time between two runs
     * @param bound time without a successful run after which readiness reports the task
     */
    public BackgroundLoop start(String name, Duration pause, Duration bound, Task task) {
        return startAfter(Duration.ZERO, name, pause, bound, task, Throwable::toString);
    }

    /**
     * Starts a task whose exceptions need a readable description.
     *
     * @param describe describes why a run failed; returns null if another part of the service reports the cause
     */
    public BackgroundLoop start(
            String name, Duration pause, Duration bound, Task task, Function<Exception, @Nullable String> describe) {
        return startAfter(Duration.ZERO, name, pause, bound, task, describe);
    }

    /** Starts a task whose first run comes after a delay. */
    public BackgroundLoop startAfter(Duration delay, String name, Duration pause, Duration bound, Task task) {
        return startAfter(delay, name, pause, bound, task, Throwable::toString);
    }

    private BackgroundLoop startAfter(
            Duration delay,
            String name,
            Duration pause,
            Duration bound,
            Task task,
            Function<Exception, @Nullable String> describe) {
        var loop = new BackgroundLoop(name, delay, pause, bound, task, describe, this::forget);
        running.put(
                loop,
                List.of(
                        Gauge.builder(
                                        "keylapse.background.success.age.seconds",
                                        loop,
                                        each -> each.sinceSuccess().toMillis() / 1e3)
                                .description("time since the last successful run of a background task")
                                .tag(TASK, name)
                                .register(meters),
                        FunctionCounter.builder("keylapse.background.failures", loop, BackgroundLoop::failures)
                                .description("failed runs of a background task")
                                .tag(TASK, name)
                                .register(meters)));
        loop.start();
        return loop;
    }

    private void forget(BackgroundLoop loop) {
        List<Meter> removed = running.remove(loop);
        if (removed != null) {
            removed.forEach(meters::remove);
        }
    }

    /** Tasks that have not succeeded within their bounds, each a sentence that says what to do. */
    public List<String> complaints() {
        return running.keySet().stream()
                .flatMap(loop -> loop.complaint().stream())
                .sorted()
                .toList();
    }

    Set<BackgroundLoop> running() {
        return Set.copyOf(running.keySet());
    }
}
