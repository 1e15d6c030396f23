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
     * @param earliest what it showed at {@code heard}, or earlier by at most {@code doubt}
     */
    private record Sample(Instant postgres, long nanoTime, Instant earliest, Duration doubt, long heard) {}

    /** A query that takes longer reads the clock too vaguely for a record of the past. */
    private static final Duration MAX_DOUBT = Duration.ofMillis(500);

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
        last = sample(postgres, asked, System.nanoTime(), last);
    }

    /**
     * {@code earliest} is the later one of this reading and of the one before, carried forward. A response that arrives after
     * a pause of this process would be far behind. The earlier reading does not count if it is ahead of what this one allows,
     * because Postgres's clock was set back.
     */
    private static Sample sample(Instant postgres, long asked, long heard, @Nullable Sample before) {
        Instant latest = postgres.plusNanos(heard - asked);
        Instant carried = before == null ? postgres : before.earliest.plusNanos(heard - before.heard);
        Instant earliest = carried.isAfter(postgres) && !carried.isAfter(latest) ? carried : postgres;
        Duration doubt = Duration.between(earliest, latest);
        if (before != null && earliest.equals(carried) && before.doubt.compareTo(doubt) < 0) {
            doubt = before.doubt;
        }
        return new Sample(postgres, asked, earliest, doubt, heard);
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

    /** Whether {@link #instantNotAfter} is behind Postgres's clock by at most {@link #MAX_DOUBT}. */
    public boolean isPrecise() {
        Sample sample = last;
        return sample != null && sample.doubt.compareTo(MAX_DOUBT) <= 0;
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
