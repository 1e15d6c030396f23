package io.keylapse.registry.listing;

import io.keylapse.key.input.InvalidInputException;
import io.keylapse.registry.KeyCounts;
import io.keylapse.registry.KeyCounts.Count;
import io.keylapse.registry.TimeBucket;
import io.keylapse.registry.sql.HeavyRead;
import io.keylapse.registry.sql.Postgres;
import io.keylapse.registry.sql.SqlText;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Statistics of active keys: how many expire in each period. They are counted in the indexes by deadline, at most
 * {@value #MAX_BUCKETS} times {@value #COUNTED} entries however many keys there are. That takes about 0.3 seconds.
 */
@Singleton
public final class DeadlineStatistics {
    /** Maximum number of buckets in an answer. */
    public static final int MAX_BUCKETS = 100;

    /** Up to this many keys of a bucket are counted. */
    public static final int COUNTED = 10_000;

    private static final Instant END_OF_TIME = Instant.parse("9999-12-31T23:59:59.999Z");

    private static final String NARROW = "ask for a shorter time between from and to, or for one owner";

    private final Postgres postgres;
    private final KeyCounts counts;

    DeadlineStatistics(Postgres postgres, KeyCounts counts) {
        this.postgres = postgres;
        this.counts = counts;
    }

    /**
     * The keys that expire in one bucket.
     *
     * @param keys exact up to {@value #COUNTED}, estimated beyond
     */
    public record Bucket(Instant start, Count keys) {}

    /**
     * Counts the active keys whose deadline is in {@code [from, to)}: one count for every bucket of that period, also for empty
     * ones.
     *
     * @param from null for now
     * @param to null for the end of the last bucket of the default period
     * @throws InvalidInputException if {@code from} is after {@code to}, if there would be more than {@value #MAX_BUCKETS}
     *     buckets, or if counting takes too long
     */
    public List<Bucket> count(TimeBucket length, @Nullable Instant from, @Nullable Instant to, @Nullable String owner) {
        Instant start = from == null ? postgres.now() : from;
        Instant end = to == null ? defaultEnd(length, start) : to;
        if (start.isAfter(end)) {
            throw new InvalidInputException("from", "must not be after to");
        }
        Instant first = length.startOf(start);
        if (first.plus(length.length().multipliedBy(MAX_BUCKETS)).isBefore(end)) {
            throw new InvalidInputException(
                    "to", "must be at most " + MAX_BUCKETS + " buckets after from; ask for larger buckets");
        }
        var buckets = new ArrayList<Range>();
        for (Instant at = first; at.isBefore(end); at = at.plus(length.length())) {
            Instant next = at.plus(length.length());
            buckets.add(new Range(at.isBefore(start) ? start : at, next.isAfter(end) ? end : next));
        }
        List<Long> counted = HeavyRead.of("to", NARROW, () -> count(buckets, owner));
        var found = new ArrayList<Bucket>();
        for (int i = 0; i < counted.size(); i++) {
            long keys = counted.get(i);
            found.add(new Bucket(
                    length.startOf(buckets.get(i).from),
                    keys <= COUNTED
                            ? new Count(keys, true)
                            : new Count(Math.max(keys, counts.estimate(keys(buckets.get(i), owner))), false)));
        }
        return found;
    }

    /** The end of a bucket, so that it is complete; but no deadline is later than the last year of RFC 3339. */
    private static Instant defaultEnd(TimeBucket length, Instant start) {
        Instant end = length.startOf(start.plus(length.period())).plus(length.length());
        return end.isAfter(END_OF_TIME) ? END_OF_TIME : end;
    }

    private record Range(Instant from, Instant to) {}

    private List<Long> count(List<Range> buckets, @Nullable String owner) {
        SqlText query = SqlText.of("SELECT (SELECT count(*) FROM (SELECT FROM api_key")
                .plus(SqlText.where(
                        SqlText.when(owner, "owner = ?"),
                        SqlText.of("state = 'active'"),
                        // A single lower bound: with two, Postgres might start the scan at the lesser.
                        SqlText.of("expires_at >= greatest(to_timestamp(bucket.lower), now())"),
                        SqlText.of("expires_at < to_timestamp(bucket.upper)")))
                .plus(" LIMIT ?) counted)", COUNTED + 1)
                .plus(
                        " FROM unnest(?::float8[], ?::float8[]) WITH ORDINALITY bucket (lower, upper, place)"
                                + " ORDER BY place",
                        seconds(buckets, Range::from),
                        seconds(buckets, Range::to));
        return postgres.query(
                query.sql(), row -> row.getLong(1), query.parameters().toArray());
    }

    private static Double[] seconds(List<Range> buckets, Function<Range, Instant> end) {
        return buckets.stream().map(end).map(at -> at.toEpochMilli() / 1e3).toArray(Double[]::new);
    }

    private static SqlText keys(Range bucket, @Nullable String owner) {
        return SqlText.of("SELECT FROM api_key")
                .plus(SqlText.where(
                        SqlText.when(owner, "owner = ?"),
                        SqlText.of("state = 'active'"),
                        SqlText.of("expires_at >= ?", bucket.from),
                        SqlText.of("expires_at < ?", bucket.to)));
    }
}
