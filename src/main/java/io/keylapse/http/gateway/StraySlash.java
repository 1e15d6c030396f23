package io.keylapse.http.gateway;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Warning about a probable mistake in a gateway's configuration: {@code /check/?scope=a}. Below {@code /check/} the query
 * belongs to the gateway's caller, so no scope is required there, and the gateway may let through more than it should.
 */
@Singleton
final class StraySlash {
    private static final Logger LOG = LoggerFactory.getLogger(StraySlash.class);
    private static final long NANOS_BETWEEN_WARNINGS = TimeUnit.HOURS.toNanos(1);

    private final Counter counter;
    private final AtomicLong nextWarning = new AtomicLong(System.nanoTime());

    StraySlash(MeterRegistry meters) {
        this.counter = Counter.builder("keylapse.checks.stray.slash")
                .description("Requests for /check/ with a scope parameter, which is ignored there")
                .register(meters);
    }

    void seen(String parameter) {
        counter.increment();
        long now = System.nanoTime();
        long next = nextWarning.get();
        if (now - next >= 0 && nextWarning.compareAndSet(next, now + NANOS_BETWEEN_WARNINGS)) {
            LOG.warn(
                    "a gateway called /check/?{}=... and the scope was ignored: below /check/ the query belongs to the"
                            + " gateway's caller. If the gateway requires the scope, remove the slash before the question"
                            + " mark in its configuration.",
                    parameter);
        }
    }
}
