package io.keylapse.http.management;

import static io.keylapse.harness.Client.quote;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.keylapse.harness.Client.Answer;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How many keys expire in each hour, day or week. */
class KeyStatsIT extends OneNode {
    private final String owner = owner();

    private record Bucket(Instant start, long keys, boolean exact) {}

    private List<Bucket> stats(String query) {
        Answer answer = admin.get("/v1/keys/stats?owner=" + owner + query);
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        var buckets = new ArrayList<Bucket>();
        for (JsonNode bucket : answer.json().get("buckets")) {
            buckets.add(new Bucket(
                    Instant.parse(bucket.get("start").asText()),
                    bucket.get("keys").asLong(),
                    bucket.get("exact").asBoolean()));
        }
        return buckets;
    }

    private static long sum(List<Bucket> buckets) {
        return buckets.stream().mapToLong(Bucket::keys).sum();
    }

    private Answer key(Instant expiresAt) {
        Answer key = admin.issue("{\"owner\":%s,\"expiresAt\":\"%s\"}".formatted(quote(owner), expiresAt));
        assertThat(key.status()).as(key.body()).isEqualTo(201);
        return key;
    }

    @Test
    void active_keys_are_counted_in_the_bucket_that_their_deadline_is_in() {
        Instant day = Instant.now().truncatedTo(ChronoUnit.DAYS).plus(Duration.ofDays(10));
        key(day.minusMillis(1));
        key(day);
        key(day.plus(Duration.ofHours(23)));
        key(day.plus(Duration.ofDays(200)));
        admin.delete("/v1/keys/" + key(day).text("id"));

        List<Bucket> days = stats("");

        assertThat(days).hasSizeBetween(31, 32);
        assertThat(days.getFirst().start()).isEqualTo(Instant.now().truncatedTo(ChronoUnit.DAYS));
        assertThat(days).contains(new Bucket(day.minus(Duration.ofDays(1)), 1, true), new Bucket(day, 2, true));
        assertThat(sum(days)).isEqualTo(3);
        assertThat(stats("&bucket=hour&from=%s&to=%s".formatted(day, day.plus(Duration.ofHours(2)))))
                .containsExactly(new Bucket(day, 1, true), new Bucket(day.plus(Duration.ofHours(1)), 0, true));
        assertThat(sum(stats("&bucket=week&to=" + day.plus(Duration.ofDays(201)))))
                .isEqualTo(4);
        assertThat(sum(stats("&bucket=week"))).isEqualTo(3);
    }

    @Test
    void deadline_before_from_or_at_to_is_not_counted_even_in_their_buckets() {
        Instant noon = Instant.now()
                .truncatedTo(ChronoUnit.DAYS)
                .plus(Duration.ofDays(5))
                .plus(Duration.ofHours(12));
        key(noon.minusMillis(1));
        key(noon);
        key(noon.plusMillis(1));

        assertThat(stats("&from=%s&to=%s".formatted(noon, noon.plusMillis(1))))
                .containsExactly(new Bucket(noon.truncatedTo(ChronoUnit.DAYS), 1, true));
    }

    @Test
    void key_that_has_expired_is_not_counted_although_that_is_not_recorded() {
        key(Instant.now().plus(Duration.ofHours(1)));
        assertThat(sum(stats(""))).isEqualTo(1);
        passDeadlinesOf(owner);
        String from = Instant.now().minus(Duration.ofDays(2)).toString();
        assertThat(sum(stats("&from=" + from))).isZero();
    }

    @Test
    void counts_are_those_of_the_list_with_the_same_range() {
        for (int i = 1; i <= 5; i++) {
            key(Instant.now().plus(Duration.ofHours(30L * i)));
        }
        for (Bucket bucket : stats("&bucket=day")) {
            String range = "&expiresFrom=%s&expiresTo=%s"
                    .formatted(bucket.start(), bucket.start().plus(Duration.ofDays(1)));
            assertThat(idsOf(admin.get("/v1/keys?owner=" + owner + range).json()))
                    .hasSize((int) bucket.keys());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "bucket=month, bucket",
        "from=yesterday, from",
        "from=2030-01-02T00:00:00Z&to=2030-01-01T00:00:00Z, from",
        "bucket=hour&from=2030-01-01T00:00:00Z&to=2030-01-05T04:00:00.001Z, to",
        "bucket=hour&from=2030-01-01T00:59:00Z&to=2030-01-05T04:00:00.001Z, to",
        "to=9999-12-31T00:00:00Z, to",
        "owner=%20, owner",
        "state=active, state"
    })
    void bad_input_is_refused_by_the_name_of_its_field(String query, String field) {
        assertInvalid(admin.get("/v1/keys/stats?" + query), field);
    }

    @Test
    void a_hundred_buckets_are_counted() {
        assertThat(stats("&bucket=hour&from=2030-01-01T00:00:00Z&to=2030-01-05T04:00:00Z"))
                .hasSize(100);
    }

    @ParameterizedTest
    @ValueSource(strings = {"hour", "day", "week"})
    void the_ends_of_time_are_no_accident(String bucket) {
        for (String query : List.of(
                "&from=0001-01-01T00:00:00Z",
                "&from=0001-01-01T00:00:00Z&to=0001-01-03T00:00:00Z",
                "&from=9999-12-31T00:00:00Z",
                "&from=9999-12-31T00:00:00Z&to=9999-12-31T23:59:59.999Z")) {
            assertThat(admin.get("/v1/keys/stats?bucket=" + bucket + query).status())
                    .as(query)
                    .isEqualTo(200);
        }
    }
}
