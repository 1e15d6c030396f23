package io.keylapse.http.gateway;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a probable mistake in a gateway's configuration visible: {@code /check/?scope=a}. A parameter below {@code /check/}
 * belongs to the caller of the gateway, so no scope is demanded there, and the gateway lets through more than it should.
 */
@Singleton
final class StraySlash {
    private static final Logger LOG = LoggerFactory.getLogger(StraySlash.class);
    private static final long NANOS_BETWEEN_WARNINGS = TimeUnit.HOURS.toNanos(1);

    private final Counter counter;
    private final AtomicLong nextWarning = new AtomicLong(System.nanoTime());

    StraySlash(MeterRegistry meters) {
        this.counter = Counter.builder("keylapse.checks.stray.slash")
                .description("Checks of /check/ whose query has the scope parameter, which is ignored there")
                .register(meters);
    }

    void seen() {
        counter.increment();
        long now = System.nanoTime();
        long next = nextWarning.get();
        if (now - next >= 0 && nextWarning.compareAndSet(next, now + NANOS_BETWEEN_WARNINGS)) {
            LOG.warn(
                    "A gateway asked /check/?scope=... and the scope was ignored: below /check/ the query belongs to the"
                            + " gateway's caller. If the scope is the gateway's own demand, remove the slash before the question"
                            + " mark in its configuration.");
        }
    }
}
