package io.keylapse.blacklist;

import io.keylapse.key.input.InvalidInputException;
import io.keylapse.registry.TimeBucket;
import io.keylapse.registry.sql.Columns;
import io.keylapse.registry.sql.HeavyRead;
import io.keylapse.registry.sql.Postgres;
import io.keylapse.registry.sql.SqlText;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
    public List<Count> count(TimeBucket bucket, @Nullable Instant from, @Nullable Instant to, @Nullable String owner) {
        // To the end of the current bucket, so that it is complete.
        Instant end = to == null ? bucket.startOf(postgres.now()).plus(bucket.length()) : to;
        Instant start = from == null ? bucket.startOf(end.minus(bucket.period())) : from;
        if (start.isAfter(end)) {
            throw new InvalidInputException("from", "must not be after to");
        }
        if (bucket.startOf(start)
                .plus(bucket.length().multipliedBy(MAX_BUCKETS))
                .isBefore(end)) {
            throw new InvalidInputException(
                    "from", "must be at most " + MAX_BUCKETS + " buckets before to; ask for larger buckets");
        }
        var counted = new HashMap<Instant, Map<String, Long>>();
        for (Row row : HeavyRead.of("from", NARROW, () -> read(bucket, start, end, owner))) {
            counted.computeIfAbsent(row.start, _ -> new HashMap<>()).put(row.reason, row.count);
        }
        var counts = new ArrayList<Count>();
        for (Instant at = bucket.startOf(start); at.isBefore(end); at = at.plus(bucket.length())) {
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

    private List<Row> read(TimeBucket bucket, Instant start, Instant end, @Nullable String owner) {
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
