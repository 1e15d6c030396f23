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
     * Postgres said this, in answer to a question asked and answered at those {@link System#nanoTime}s; its clock was
     * read somewhere in between.
     */
    public void observe(Instant postgres, long asked, long answered) {
        last = new Sample(postgres, asked + (answered - asked) / 2);
    }

    /** Now, by Postgres's clock, within half the time that a question takes. */
    public Instant instant() {
        Sample sample = last;
        return sample == null ? own.instant() : sample.postgres.plusNanos(System.nanoTime() - sample.nanoTime);
    }

    /** How far Postgres's clock is ahead of this machine's; negative when it is behind. */
    public Duration skew() {
        return Duration.between(own.instant(), instant());
    }
}
