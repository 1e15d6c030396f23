package io.keylapse.registry.watch;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Estimate of Postgres's clock: its last reading plus the time since then by this process's monotonic clock. It decides
 * whether a deadline has passed, so a node whose own clock is wrong gives the same answers as the others. Until the first
 * reading it is this machine's clock.
 */
@Singleton
public final class PostgresClock {
    /**
     * A reading.
     *
     * @param postgres what Postgres's clock showed at {@code nanoTime} or later
     * @param earliest what it showed at {@code heard}, or earlier
     */
    private record Sample(Instant postgres, long nanoTime, Instant earliest, long heard) {}

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
     * Takes a reading from the response to a query that was sent at that {@link System#nanoTime}. Postgres read its clock
     * at that time or later, so this estimate can be ahead by at most the duration of the query, and is never behind. Near
     * its deadline, a key is then looked up in Postgres instead of being accepted for too long.
     */
    public void observe(Instant postgres, long asked) {
        long heard = System.nanoTime();
        last = new Sample(postgres, asked, earliest(postgres, postgres.plusNanos(heard - asked), heard), heard);
    }

    /**
     * The later one of this reading and the one before, carried forward. A response that arrives after a pause of this
     * process would be far behind. The earlier reading does not count if it is ahead of what this one allows, because
     * Postgres's clock was set back.
     */
    private Instant earliest(Instant postgres, Instant latest, long heard) {
        Sample before = last;
        if (before == null) {
            return postgres;
        }
        Instant carried = before.earliest.plusNanos(heard - before.heard);
        return carried.isAfter(postgres) && !carried.isAfter(latest) ? carried : postgres;
    }

    /** Now by Postgres's clock, or ahead of it by at most the duration of the query that read it last. */
    public Instant instant() {
        return instantAt(System.nanoTime());
    }

    private Instant instantAt(long nanoTime) {
        Sample sample = last;
        return sample == null ? own.instant() : sample.postgres.plusNanos(nanoTime - sample.nanoTime);
    }

    /** The same in ms since 1970, for a caller that has just read {@link System#nanoTime}. */
    public long millisAt(long nanoTime) {
        return instantAt(nanoTime).toEpochMilli();
    }

    /** Whether Postgres's clock was read at all. */
    public boolean isRead() {
        return last != null;
    }

    /**
     * What Postgres's clock showed at that {@link System#nanoTime}, or earlier by at most the duration of the quickest of the
     * queries that read it. For a record of something that must not seem to have happened later than it did.
     */
    public Instant instantNotAfter(long nanoTime) {
        Sample sample = last;
        return sample == null ? own.instant() : sample.earliest.plusNanos(nanoTime - sample.heard);
    }

    /** How far Postgres's clock is ahead of this machine's; negative if it is behind. */
    public Duration skew() {
        return Duration.between(own.instant(), instant());
    }
}
