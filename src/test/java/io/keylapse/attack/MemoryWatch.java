package io.keylapse.attack;

import io.keylapse.attack.Memory.Reading;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Samples a JVM's memory use every second, and keeps the maximum until it is read. */
final class MemoryWatch implements AutoCloseable {
    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(1);

    private final Memory memory;
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("memory-watch").factory());
    private Reading peak = Reading.NONE;

    MemoryWatch(Memory memory) {
        this.memory = memory;
        var _ = clock.scheduleWithFixedDelay(this::look, 0, BETWEEN_LOOKS.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void look() {
        try {
            Reading reading = memory.now();
            synchronized (this) {
                peak = peak.most(reading);
            }
        } catch (IOException | RuntimeException e) {
            // It does not respond, which the calls show as well.
        }
    }

    /** The maximum since the last call. */
    synchronized Reading peak() {
        Reading highest = peak;
        peak = Reading.NONE;
        return highest;
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }
}
