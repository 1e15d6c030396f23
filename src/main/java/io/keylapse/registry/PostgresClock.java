package io.keylapse.registry;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Postgres's clock as last seen, carried on by this process's monotonic one: what decides whether a deadline is past. So a
 * node whose own clock is wrong judges no key differently. Until Postgres was seen, it is this machine's clock.
 */
@Singleton
public final class PostgresClock {
    private record Sample(Instant postgres, long nanoTime) {}

    private final Clock own;
    private volatile @Nullable Sample last;

    PostgresClock(Clock own, MeterRegistry meters) {
        this.own = own;
        Gauge.builder("keylapse.clock.skew", this, clock -> clock.skew().toMillis() / 1000.0)
                .tag("store", "postgres")
                .baseUnit("seconds")
                .description("how far the store's clock is ahead of this machine's")
                .register(meters);
    }

    /**
     * Postgres said this, in answer to a question asked at that {@link System#nanoTime}. When it looked at its clock is
     * not known, only that it was not before: so what is told here may lead by as long as the answer took, and never
     * trails. A key that is near its deadline is then asked for in Postgres, and not accepted beyond it.
     */
    public void observe(Instant postgres, long asked) {
        last = new Sample(postgres, asked);
    }

    /** Now by Postgres's clock, or later by as long as the last question took. */
    public Instant instant() {
        return instantAt(System.nanoTime());
    }

    private Instant instantAt(long nanoTime) {
        Sample sample = last;
        return sample == null ? own.instant() : sample.postgres.plusNanos(nanoTime - sample.nanoTime);
    }

    /** The same in ms since 1970, for whoever has just asked for the {@link System#nanoTime}. */
    public long millisAt(long nanoTime) {
        return instantAt(nanoTime).toEpochMilli();
    }

    /** How far Postgres's clock is ahead of this machine's; negative when it is behind. */
    public Duration skew() {
        return Duration.between(own.instant(), instant());
    }
}
