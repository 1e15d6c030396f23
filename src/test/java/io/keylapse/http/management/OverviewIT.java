package io.keylapse.http.management;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The overview, which admins see first. */
class OverviewIT extends OneNode {
    @Test
    void live_keys_and_those_that_expire_soon_are_counted() throws Exception {
        JsonNode before = admin.get("/v1/overview").json();
        String owner = owner();
        admin.issue(owner, Duration.ofHours(2));
        admin.issue(owner, Duration.ofDays(3));
        admin.issue(owner, Duration.ofDays(300));
        Answer revoked = admin.issue(owner, Duration.ofHours(2));
        admin.post("/v1/keys/" + revoked.text("id") + "/revoke", "{}");

        JsonNode after = admin.get("/v1/overview").json();

        assertThat(after.at("/live/exact").asBoolean()).isTrue();
        assertThat(more(before, after, "/live/keys")).isEqualTo(3);
        assertThat(after.at("/expiring/0/within").asText()).isEqualTo("P1D");
        assertThat(more(before, after, "/expiring/0/keys")).isEqualTo(1);
        assertThat(more(before, after, "/expiring/1/keys")).isEqualTo(2);
        assertThat(more(before, after, "/expiring/2/keys")).isEqualTo(2);
        passDeadlinesOf(owner);
        assertThat(more(before, admin.get("/v1/overview").json(), "/live/keys")).isZero();
    }

    private static long more(JsonNode before, JsonNode after, String pointer) {
        return after.at(pointer).asLong() - before.at(pointer).asLong();
    }

    @Test
    void more_keys_than_can_soon_be_counted_are_estimated() throws Exception {
        try (Stores stores = Stores.own();
                Node many =
                        Node.start(stores, Map.of("keylapse.notices.enabled", false, "keylapse.sync.enabled", false))) {
            try (var connection = stores.connect();
                    var statement = connection.createStatement()) {
                statement.execute("SET session_replication_role = replica");
                statement.execute(
                        "INSERT INTO api_key (id, digest, owner, name, hint, scopes, metadata, state, end_reason,"
                                + " version, issued_at, expires_at, lifetime_ms) SELECT gen_random_uuid(),"
                                + " sha256(i::text::bytea), 'o', 'n', 'h', '{}', '{}', 'active', 'expired', 1, now(),"
                                + " now() + i * interval '1 minute', 1 FROM generate_series(1, 200000) i");
                statement.execute("ANALYZE api_key");
            }
            JsonNode overview = many.admin().get("/v1/overview").json();
            assertThat(overview.at("/live/exact").asBoolean()).isFalse();
            assertThat(overview.at("/live/keys").asLong()).isBetween(180_000L, 220_000L);
            assertThat(overview.at("/expiring/0/exact").asBoolean()).isTrue();
            assertThat(overview.at("/expiring/0/keys").asLong()).isBetween(1_400L, 1_440L);
            JsonNode day = many.admin().get("/v1/keys/stats").json().at("/buckets/1");
            assertThat(day.get("keys").asLong()).isEqualTo(24 * 60);
            assertThat(day.get("exact").asBoolean()).isTrue();
            // More than 10,000 in each.
            JsonNode week =
                    many.admin().get("/v1/keys/stats?bucket=week").json().at("/buckets/1");
            assertThat(week.get("keys").asLong()).isBetween(10_001L, 13_000L);
            assertThat(week.get("exact").asBoolean()).isFalse();
        }
    }

    @Test
    void lag_of_the_last_expiries_is_shown() {
        Answer key = admin.issue(owner(), Duration.ofSeconds(1));
        await().atMost(20, SECONDS).until(() -> endingsOf(key).size() == 1);
        JsonNode lag = admin.get("/v1/overview").json().get("lag");
        assertThat(lag.get("of").asInt()).isPositive();
        assertThat(lag.get("medianMs").asLong())
                .isLessThanOrEqualTo(lag.get("p99Ms").asLong());
    }
}
