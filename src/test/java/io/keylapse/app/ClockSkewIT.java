package io.keylapse.app;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.app.embedded.SkewedStores;
import io.keylapse.harness.Client;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.SkewedClock;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A clock skew of five seconds in the service, Redis or Postgres, in either direction, moves deadlines with Postgres's
 * clock and breaks nothing else. libfaketime skews Postgres's clock; if {@code REQUIRE_ALL_TESTS} is set, its absence
 * is a failure.
 */
class ClockSkewIT {
    @BeforeAll
    static void needsFaketime() {
        if (System.getenv("REQUIRE_ALL_TESTS") == null) {
            assumeThat(SkewedStores.arePossible()).as("libfaketime").isTrue();
        }
        assertThat(SkewedStores.arePossible()).as("libfaketime").isTrue();
    }

    @ParameterizedTest(name = "service {0} s, redis {1} s, postgres {2} s")
    @CsvSource({"5, 0, 0", "-5, 0, 0", "0, 5, 0", "0, -5, 0", "0, 0, 5", "0, 0, -5"})
    void skew_refuses_no_write_revives_no_key_and_calls_no_good_key_bad(int service, int redis, int postgres)
            throws SQLException {
        // Redis's clock cannot be skewed, but only differences matter: the other two are skewed the other way.
        try (var stores = new SkewedStores(Duration.ofSeconds(postgres - redis))) {
            try (Node node = Node.start(stores, Map.of(SkewedClock.SETTING, "PT" + (service - redis) + "S"));
                    Connection database = stores.connect()) {
                Client client = node.admin();
                await().atMost(20, SECONDS)
                        .until(() ->
                                client.get("/health/readiness").text("status").equals("UP"));
                // A node may be ready before it has read Redis's clock.
                await().atMost(20, SECONDS).untilAsserted(() -> assertSkewIsShown(client, service, redis, postgres));

                Answer renewed = client.issue("acme", Duration.ofSeconds(3));
                Answer revoked = client.issue("acme", Duration.ofHours(1));
                Answer lapsing = client.issue("acme", Duration.ofSeconds(4));
                assertThat(List.of(renewed, revoked, lapsing))
                        .allSatisfy(key -> assertThat(key.text("enforcement")).isEqualTo("applied"));
                assertThat(client.post("/v1/keys/" + renewed.text("id") + "/renew", "{\"ttl\":\"PT1H\"}")
                                .text("enforcement"))
                        .isEqualTo("applied");
                assertThat(client.post("/v1/keys/" + revoked.text("id") + "/revoke", "{}")
                                .text("enforcement"))
                        .isEqualTo("applied");

                Instant deadline = Instant.parse(lapsing.text("expiresAt"));
                await().atMost(20, SECONDS).pollInterval(Duration.ofMillis(20)).until(() -> {
                    assertThat(code(client, renewed)).isEqualTo("VALID");
                    assertThat(code(client, revoked)).isEqualTo("KEY_REVOKED");
                    Instant before = now(database);
                    String code = code(client, lapsing);
                    Instant after = now(database);
                    if (after.isBefore(deadline)) {
                        assertThat(code).isEqualTo("VALID");
                    }
                    if (before.isAfter(deadline.plusMillis(100))) {
                        assertThat(code).isEqualTo("KEY_EXPIRED");
                    }
                    return code.equals("KEY_EXPIRED")
                            && client.get("/v1/blacklist?keyId=" + lapsing.text("id"))
                                    .body()
                                    .contains("recordedAt");
                });
                assertThat(now(database)).isBefore(deadline.plusSeconds(4));
            }
        }
    }

    private static void assertSkewIsShown(Client client, int service, int redis, int postgres) {
        String metrics = client.get("/prometheus").body();
        assertThat(skew(metrics, "postgres")).isBetween(postgres - service - 1.0, postgres - service + 1.0);
        assertThat(skew(metrics, "redis")).isBetween(redis - service - 1.0, redis - service + 1.0);
    }

    private static double skew(String metrics, String store) {
        return metrics.lines()
                .filter(line -> line.startsWith("keylapse_clock_skew") && line.contains("\"" + store + "\""))
                .map(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no skew of " + store));
    }

    private static String code(Client client, Answer key) {
        Answer answer = client.check(key.text("key"));
        return answer.status() == 200 ? "VALID" : answer.header("X-Key-Code");
    }

    private static Instant now(Connection database) throws SQLException {
        try (Statement statement = database.createStatement();
                ResultSet row = statement.executeQuery("SELECT clock_timestamp()")) {
            row.next();
            return row.getObject(1, OffsetDateTime.class).toInstant();
        }
    }
}
