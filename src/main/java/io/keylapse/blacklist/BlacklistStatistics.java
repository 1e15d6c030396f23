package io.keylapse.blacklist;

import io.keylapse.key.input.InvalidInputException;
import io.keylapse.registry.sql.Columns;
import io.keylapse.registry.sql.HeavyRead;
import io.keylapse.registry.sql.Postgres;
import io.keylapse.registry.sql.SqlText;
import jakarta.inject.Singleton;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAdjusters;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Statistics of ended keys: counts by period and reason. */
@Singleton
public final class BlacklistStatistics {
    /** Maximum number of buckets in an answer. For more detail there is the export. */
    public static final int MAX_BUCKETS = 1_000;

    private static final String NARROW = "ask for a shorter time between from and to, or for one owner";

    private final Postgres postgres;

    BlacklistStatistics(Postgres postgres) {
        this.postgres = postgres;
    }

    /** Length of a bucket, and default period to count. All in UTC; weeks start on Mondays. */
    public enum Bucket {
        HOUR(Duration.ofHours(1), Duration.ofDays(1)),
        DAY(Duration.ofDays(1), Duration.ofDays(30)),
        WEEK(Duration.ofDays(7), Duration.ofDays(7 * 26));

        private final Duration length;
        private final Duration lookBack;

        Bucket(Duration length, Duration lookBack) {
            this.length = length;
            this.lookBack = lookBack;
        }

        /** The name in the API. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** Parses the name in the API; empty if there is no such bucket. */
        public static Optional<Bucket> parse(String word) {
            for (Bucket bucket : values()) {
                if (bucket.word().equals(word)) {
                    return Optional.of(bucket);
                }
            }
            return Optional.empty();
        }

        Instant startOf(Instant instant) {
            if (this == HOUR) {
                return instant.truncatedTo(ChronoUnit.HOURS);
            }
            LocalDate day = LocalDate.ofInstant(instant, ZoneOffset.UTC);
            LocalDate first = this == WEEK ? day.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY)) : day;
            return first.atStartOfDay().toInstant(ZoneOffset.UTC);
        }
    }

    /** Numbers of keys that ended in one bucket. */
    public record Count(Instant start, long expired, long revoked, long rotated) {}

    /**
     * Counts the keys that ended in {@code [from, to)}: one count for every bucket of that period, also for empty ones.
     *
     * @param from null for the default period of the bucket
     * @param to null for the end of the current bucket
     * @throws InvalidInputException if {@code from} is after {@code to}, if there would be more than {@value #MAX_BUCKETS}
     *     buckets, or if counting takes too long
     */
    public List<Count> count(Bucket bucket, @Nullable Instant from, @Nullable Instant to, @Nullable String owner) {
        // To the end of the current bucket, so that it is complete.
        Instant end = to == null ? bucket.startOf(postgres.now()).plus(bucket.length) : to;
        Instant start = from == null ? bucket.startOf(end.minus(bucket.lookBack)) : from;
        if (start.isAfter(end)) {
            throw new InvalidInputException("from", "must not be after to");
        }
        if (bucket.startOf(start).plus(bucket.length.multipliedBy(MAX_BUCKETS)).isBefore(end)) {
            throw new InvalidInputException(
                    "from", "must be at most " + MAX_BUCKETS + " buckets before to; ask for larger buckets");
        }
        var counted = new HashMap<Instant, Map<String, Long>>();
        for (Row row : HeavyRead.of("from", NARROW, () -> read(bucket, start, end, owner))) {
            counted.computeIfAbsent(row.start, _ -> new HashMap<>()).put(row.reason, row.count);
        }
        var counts = new ArrayList<Count>();
        for (Instant at = bucket.startOf(start); at.isBefore(end); at = at.plus(bucket.length)) {
            Map<String, Long> reasons = counted.getOrDefault(at, Map.of());
            counts.add(new Count(
                    at,
                    reasons.getOrDefault("expired", 0L),
                    reasons.getOrDefault("revoked", 0L),
                    reasons.getOrDefault("rotated", 0L)));
        }
        return counts;
    }

    private record Row(Instant start, String reason, long count) {}

    private List<Row> read(Bucket bucket, Instant start, Instant end, @Nullable String owner) {
        SqlText query = SqlText.of(
                        "SELECT date_trunc(?, ended_at, 'UTC') AS start, reason, count(*) FROM blacklist",
                        bucket.word())
                .plus(SqlText.where(
                        SqlText.of("reason IN ('expired', 'revoked', 'rotated')"),
                        SqlText.of("ended_at >= ?", start),
                        SqlText.of("ended_at < ?", end),
                        SqlText.when(owner, "owner = ?")))
                .plus(" GROUP BY 1, 2");
        return postgres.query(
                query.sql(),
                row -> new Row(Columns.instant(row, "start"), row.getString("reason"), row.getLong("count")),
                query.parameters().toArray());
    }
}
