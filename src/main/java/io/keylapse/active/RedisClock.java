package io.keylapse.active;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The Redis server's clock as last seen, carried on by this process's own.
 *
 * <p>Deadlines of writes and of prompts are the server's business, so skew between the machines must not matter.
 */
final class RedisClock {
    private record Sample(long serverMillis, long nanoTime) {}

    private volatile @Nullable Sample last;

    /** The server said this just now. */
    void observe(long serverMillis) {
        last = new Sample(serverMillis, System.nanoTime());
    }

    /**
     * The server's time in ms, or nothing as long as it was never heard. It lags by the time that an answer travels, so
     * a write deadline reckoned with it is too strict rather than too lax.
     */
    OptionalLong millis() {
        Sample sample = last;
        return sample == null
                ? OptionalLong.empty()
                : OptionalLong.of(sample.serverMillis + (System.nanoTime() - sample.nanoTime) / 1_000_000L);
    }
}
