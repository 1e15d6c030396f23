package io.keylapse.blacklist;

import static io.keylapse.blacklist.Reader.query;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@NullUnmarked
class BlacklistStatsIT {
    private static final Node node = Node.shared();

    private final String owner = "stats-" + UUID.randomUUID();

    private record Bucket(Instant start, long expired, long revoked, long rotated) {}

    private static List<Bucket> stats(String... query) {
        Answer answer = node.admin().get("/v1/blacklist/stats" + query(query));
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        var buckets = new ArrayList<Bucket>();
        for (JsonNode bucket : answer.json().get("buckets")) {
            String start = bucket.get("start").asText();
            assertThat(start).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:00:00\\.000Z");
            assertThat(bucket.size()).isEqualTo(4);
            buckets.add(new Bucket(
                    Instant.parse(start),
                    bucket.get("expired").longValue(),
                    bucket.get("revoked").longValue(),
                    bucket.get("rotated").longValue()));
        }
        return buckets;
    }

    private static Duration length(String bucket) {
        return switch (bucket) {
            case "hour" -> Duration.ofHours(1);
            case "day" -> Duration.ofDays(1);
            default -> Duration.ofDays(7);
        };
    }

    /** Computed from the fields of the date, unlike in the service. */
    private static Instant startOf(String bucket, Instant instant) {
        ZonedDateTime time = instant.atZone(ZoneOffset.UTC).truncatedTo(ChronoUnit.HOURS);
        if (!bucket.equals("hour")) {
            time = time.withHour(0);
        }
        while (bucket.equals("week") && time.getDayOfWeek() != DayOfWeek.MONDAY) {
            time = time.minusDays(1);
        }
        return time.toInstant();
    }

    private static List<Bucket> reference(String bucket, Instant from, Instant to, List<Entry> entries) {
        var buckets = new ArrayList<Bucket>();
        for (Instant at = startOf(bucket, from); at.isBefore(to); at = at.plus(length(bucket))) {
            long[] counts = new long[3];
            for (Entry entry : entries) {
                if (!entry.endedAt().isBefore(from)
                        && entry.endedAt().isBefore(to)
                        && startOf(bucket, entry.endedAt()).equals(at)) {
                    counts[Entry.REASONS.indexOf(entry.reason())]++;
                }
            }
            buckets.add(new Bucket(at, counts[0], counts[1], counts[2]));
        }
        return buckets;
    }

    @ParameterizedTest
    @ValueSource(strings = {"hour", "day", "week"})
    void buckets_count_what_a_look_at_each_entry_counts(String bucket) throws Exception {
        long seed = System.nanoTime();
        System.out.println("BlacklistStatsIT seed " + seed);
        var random = new Random(seed);
        // Includes the turn of a year, a leap day, and nights in which clocks are changed in some places.
        Instant earliest = Instant.parse("2007-12-30T00:00:00Z");
        long span = length(bucket).toMillis() * 20;
        List<UUID> keys =
                IntStream.range(0, 50).mapToObj(_ -> UUID.randomUUID()).toList();
        var entries = new ArrayList<Entry>();
        for (int i = 0; i < 300; i++) {
            // Many are exactly on the boundary of buckets.
            long offset = (long) (random.nextDouble() * span);
            offset = random.nextInt(3) == 0 ? offset / 3_600_000 * 3_600_000 - random.nextInt(2) : offset;
            entries.add(
                    Entry.random(random, List.of(owner), keys, owner + i, earliest.plusMillis(Math.max(0, offset))));
        }
        Entry.insert(Stores.shared(), entries);
        Entry.insert(Stores.shared(), List.of(Entry.expired("other-" + owner, "other", earliest.plusSeconds(5))));

        for (int i = 0; i < 15; i++) {
            Instant from = earliest.plusMillis((long) (random.nextDouble() * span));
            Instant to = from.plusMillis((long) (random.nextDouble() * span));
            assertThat(stats("bucket", bucket, "from", from.toString(), "to", to.toString(), "owner", owner))
                    .as("seed %d, from %s, to %s", seed, from, to)
                    .isEqualTo(reference(bucket, from, to, entries));
        }
    }

    @Test
    void without_an_owner_all_owners_are_counted() throws Exception {
        // A range of its own, because the count includes entries of other tests.
        Instant at = Instant.parse("1890-03-05T10:00:00Z").plus(new Random().nextInt(20_000), ChronoUnit.HOURS);
        List<Entry> entries =
                List.of(Entry.expired(owner + " a", owner + 1, at), Entry.expired(owner + " b", owner + 2, at));
        Entry.insert(Stores.shared(), entries);

        assertThat(stats(
                        "bucket",
                        "hour",
                        "from",
                        at.toString(),
                        "to",
                        at.plusSeconds(1).toString()))
                .containsExactly(new Bucket(at, 2, 0, 0));
    }

    @Test
    void weeks_start_on_monday_and_the_first_bucket_is_the_one_that_from_is_in() throws Exception {
        Entry.insert(
                Stores.shared(),
                List.of(
                        Entry.expired(owner, "sunday", Instant.parse("2024-03-03T23:59:59.999Z")),
                        Entry.expired(owner, "monday", Instant.parse("2024-03-04T00:00:00.000Z"))));

        assertThat(stats(
                        "bucket",
                        "week",
                        "from",
                        "2024-02-28T12:00:00Z",
                        "to",
                        "2024-03-04T00:00:00.001Z",
                        "owner",
                        owner))
                .containsExactly(
                        new Bucket(Instant.parse("2024-02-26T00:00:00Z"), 1, 0, 0),
                        new Bucket(Instant.parse("2024-03-04T00:00:00Z"), 1, 0, 0));
    }

    @Test
    void an_empty_range_has_no_buckets() {
        assertThat(stats("from", "2024-03-04T00:00:00Z", "to", "2024-03-04T00:00:00Z", "owner", owner))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"hour,24", "day,30", "week,26"})
    void the_usual_range_ends_with_the_present_bucket_and_counts_it_whole(String bucket, int many) throws Exception {
        Instant before;
        List<Bucket> buckets;
        do {
            before = startOf(bucket, Instant.now());
            buckets = stats("bucket", bucket, "owner", owner);
        } while (!startOf(bucket, Instant.now()).equals(before));

        assertThat(buckets).hasSize(many);
        assertThat(buckets.getLast().start()).isEqualTo(before);
        for (int i = 1; i < many; i++) {
            assertThat(Duration.between(
                            buckets.get(i - 1).start(), buckets.get(i).start()))
                    .isEqualTo(length(bucket));
        }

        Instant present = before;
        Entry.insert(
                Stores.shared(),
                List.of(Entry.expired(owner, "now", Instant.now()), Entry.expired(owner, "start", present)));
        assertThat(stats("bucket", bucket, "owner", owner).stream()
                        .filter(each -> !each.start().isBefore(present))
                        .mapToLong(Bucket::expired)
                        .sum())
                .isEqualTo(2);
    }

    @Test
    void days_are_the_usual_buckets_and_from_alone_reaches_to_the_present() {
        List<Bucket> usual = stats("owner", owner);
        assertThat(Duration.between(usual.get(0).start(), usual.get(1).start())).isEqualTo(Duration.ofDays(1));

        Instant from = startOf("day", Instant.now()).minus(Duration.ofDays(3));
        assertThat(stats("owner", owner, "from", from.toString()))
                .hasSizeBetween(4, 5)
                .first()
                .isEqualTo(new Bucket(from, 0, 0, 0));
    }

    @Test
    void a_thousand_buckets_are_counted_and_more_are_refused() {
        assertThat(stats(
                        "bucket", "hour", "from", "2000-01-01T00:00:00Z", "to", "2000-02-11T16:00:00Z", "owner", owner))
                .hasSize(1000);
        // One millisecond more is one bucket more; so is a range that does not begin on the hour.
        refused(query("bucket", "hour", "from", "2000-01-01T00:00:00Z", "to", "2000-02-11T16:00:00.001Z"), "from");
        refused(query("bucket", "hour", "from", "2000-01-01T00:59:00Z", "to", "2000-02-11T16:01:00Z"), "from");
        refused(query("bucket", "hour", "from", "0001-01-01T00:00:00Z"), "from");
        refused(query("bucket", "week", "from", "0001-01-01T00:00:00Z", "to", "9999-12-31T23:59:59.999Z"), "from");
    }

    @ParameterizedTest
    @CsvSource({
        "bucket=month,bucket",
        "bucket=Day,bucket",
        "from=today,from",
        "to=today,to",
        "from=2030-01-02T00:00:00Z&to=2030-01-01T00:00:00Z,from",
        "from=9999-12-31T00:00:00Z,from",
        "owner=%20,owner",
        "owner=a%00,owner",
        "owner=a&owner=b,owner",
        "reason=expired,reason",
        "limit=5,limit"
    })
    void bad_input_is_refused_by_the_name_of_its_field(String query, String field) {
        refused("?" + query, field);
    }

    @ParameterizedTest
    @ValueSource(strings = {"hour", "day", "week"})
    void the_ends_of_time_are_no_accident(String bucket) {
        for (String query : List.of(
                "&to=0001-01-01T00:00:00Z",
                "&to=0001-01-03T00:00:00Z",
                "&from=9999-12-31T00:00:00Z&to=9999-12-31T23:59:59.999Z")) {
            Answer answer = node.admin().get("/v1/blacklist/stats?bucket=" + bucket + query);
            assertThat(answer.status()).as(query + answer.body()).isIn(200, 400);
        }
    }

    private static void refused(String query, String field) {
        Answer answer = node.admin().get("/v1/blacklist/stats" + query);
        assertThat(answer.status()).as(query + answer.body()).isEqualTo(400);
        assertThat(answer.header("Content-Type")).startsWith("application/problem+json");
        assertThat(answer.json().get("errors")).hasSize(1);
        assertThat(answer.json().get("errors").get(0).get("field").asText()).isEqualTo(field);
    }
}
