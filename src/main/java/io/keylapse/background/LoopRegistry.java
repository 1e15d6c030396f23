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

/** Starts background tasks, and knows all that run. */
@Singleton
public final class LoopRegistry {
    private static final String TASK = "task";

    private final MeterRegistry meters;
    private final Map<BackgroundLoop, List<Meter>> running = new ConcurrentHashMap<>();

    public LoopRegistry(MeterRegistry meters) {
        this.meters = meters;
    }

    /**
     * Starts a task; the caller stops it.
     *
     * @param name for the log, metrics and readiness
     * @param pause between two rounds
     * @param bound after which a task that has not succeeded is named in readiness
     */
    public BackgroundLoop start(String name, Duration pause, Duration bound, Task task) {
        return startAfter(Duration.ZERO, name, pause, bound, task, Throwable::toString);
    }

    /**
     * The same for a task whose exceptions need words of their own.
     *
     * @param words why a round failed, for a person; null if another part of the service tells it for all
     */
    public BackgroundLoop start(
            String name, Duration pause, Duration bound, Task task, Function<Exception, @Nullable String> words) {
        return startAfter(Duration.ZERO, name, pause, bound, task, words);
    }

    /** The same for a task whose first round comes after a delay. */
    public BackgroundLoop startAfter(Duration delay, String name, Duration pause, Duration bound, Task task) {
        return startAfter(delay, name, pause, bound, task, Throwable::toString);
    }

    private BackgroundLoop startAfter(
            Duration delay,
            String name,
            Duration pause,
            Duration bound,
            Task task,
            Function<Exception, @Nullable String> words) {
        var loop = new BackgroundLoop(name, delay, pause, bound, task, words, this::forget);
        running.put(
                loop,
                List.of(
                        Gauge.builder(
                                        "keylapse.background.success.age.seconds",
                                        loop,
                                        each -> each.sinceSuccess().toMillis() / 1e3)
                                .description("since a background task last succeeded")
                                .tag(TASK, name)
                                .register(meters),
                        FunctionCounter.builder("keylapse.background.failures", loop, BackgroundLoop::failures)
                                .description("rounds of a background task that failed")
                                .tag(TASK, name)
                                .register(meters)));
        loop.start();
        return loop;
    }

    private void forget(BackgroundLoop loop) {
        List<Meter> its = running.remove(loop);
        if (its != null) {
            its.forEach(meters::remove);
        }
    }

    /** Those tasks that have not succeeded within their bounds, each with what to do. */
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
