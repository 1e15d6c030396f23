package io.keylapse.registry;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAdjusters;
import java.util.Locale;
import java.util.Optional;

/** A length of time that statistics count by. All in UTC; weeks start on Mondays. */
public enum TimeBucket {
    HOUR(Duration.ofHours(1), Duration.ofDays(1)),
    DAY(Duration.ofDays(1), Duration.ofDays(30)),
    WEEK(Duration.ofDays(7), Duration.ofDays(7 * 26));

    private final Duration length;
    private final Duration period;

    TimeBucket(Duration length, Duration period) {
        this.length = length;
        this.period = period;
    }

    /** Parses the name in the API; empty if there is no such bucket. */
    public static Optional<TimeBucket> parse(String word) {
        for (TimeBucket bucket : values()) {
            if (bucket.word().equals(word)) {
                return Optional.of(bucket);
            }
        }
        return Optional.empty();
    }

    /** The name in the API, which is that of {@code date_trunc} too. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    public Duration length() {
        return length;
    }

    /** The period that is counted unless another one is given. */
    public Duration period() {
        return period;
    }

    /** The start of the bucket that the instant is in. */
    public Instant startOf(Instant instant) {
        if (this == HOUR) {
            return instant.truncatedTo(ChronoUnit.HOURS);
        }
        LocalDate day = LocalDate.ofInstant(instant, ZoneOffset.UTC);
        LocalDate first = this == WEEK ? day.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY)) : day;
        return first.atStartOfDay().toInstant(ZoneOffset.UTC);
    }
}
