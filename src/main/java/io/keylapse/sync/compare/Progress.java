package io.keylapse.sync.compare;

import io.micrometer.core.instrument.Counter;
import java.time.Duration;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Progress of a rebuild: the number of keys written, logged every 2 seconds. */
public final class Progress {
    private static final Logger LOG = LoggerFactory.getLogger(Progress.class);
    private static final Duration PAUSE = Duration.ofSeconds(2);

    private final Counter counter;
    private final long begun = System.nanoTime();
    private long logged = begun;
    private long keys;

    public Progress(Counter counter) {
        this.counter = counter;
    }

    public void add(int more) {
        keys += more;
        counter.increment(more);
        if (System.nanoTime() - logged > PAUSE.toNanos()) {
            logged = System.nanoTime();
            LOG.info("rebuilding: {} so far", this);
        }
    }

    @Override
    public String toString() {
        double seconds = (System.nanoTime() - begun) / 1e9;
        return String.format(Locale.ROOT, "%,d keys in %.1f s, %,.0f/s", keys, seconds, keys / seconds);
    }
}
