package io.keylapse.registry.usage;

import static io.keylapse.harness.Client.quote;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.keylapse.harness.Client;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.key.KeyId;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** When keys are used, as the API shows it. The node writes more often than usual, so that no test waits for a minute. */
class UsageIT {
    private static final Map<String, Object> OFTEN = Map.of("keylapse.usage.interval", "PT0.5S");

    private static final Stores stores = Stores.own();
    private static final Node node = Node.start(stores, OFTEN).awaitRedisFollowed();
    private static final Client admin = node.admin();

    private final String owner = Node.owner();

    private Answer issue() {
        return admin.issue("{\"owner\":%s,\"ttl\":\"PT1H\",\"scopes\":[\"read\"]}".formatted(quote(owner)));
    }

    private static JsonNode get(Answer key) {
        return admin.get("/v1/keys/" + key.text("id")).json();
    }

    private static Instant instant(JsonNode key, String field) {
        return Instant.parse(key.get(field).asText());
    }

    private static JsonNode awaitField(Answer key, String field) {
        return await().atMost(20, SECONDS).until(() -> get(key), found -> found.has(field));
    }

    private static List<String> listed(String query) {
        return admin.get("/v1/keys?" + query)
                .json()
                .get("items")
                .valueStream()
                .map(each -> each.get("id").asText())
                .toList();
    }

    private static Instant knownSince() {
        return node.bean(RecorderTable.class).knownSince().orElseThrow();
    }

    /** Waits until uses are known since later than that. */
    private static void awaitGapAfter(Instant before) {
        await().atMost(20, SECONDS).until(() -> knownSince().isAfter(before));
    }

    private static void awaitWrites(int count) {
        await().atMost(20, SECONDS).until(() -> written() >= count);
    }

    private static double written() {
        return node.bean(MeterRegistry.class)
                .get("keylapse.usage.written")
                .functionCounter()
                .count();
    }

    @BeforeEach
    void awaitKnown() {
        await().atMost(20, SECONDS)
                .until(() -> node.bean(RecorderTable.class).knownSince().isPresent());
    }

    private Answer use(String how, String key) {
        return switch (how) {
            case "check" -> admin.check(key);
            case "batch" -> admin.post("/v1/checks", "{\"keys\":[%s]}".formatted(quote(key)));
            case "introspection" ->
                admin.send("POST", "/introspect", "token=" + key, "Content-Type", "application/x-www-form-urlencoded");
            case "self" -> node.anonymous().get("/v1/self", "Authorization", "Bearer " + key);
            default -> admin.send("GET", "/check", null, "X-API-Key", key, "X-Required-Scopes", "write");
        };
    }

    @ParameterizedTest
    @ValueSource(strings = {"check", "batch", "introspection"})
    void a_use_is_shown_and_is_never_later_than_it_was(String how) {
        Answer key = issue();
        assertThat(get(key).has("lastUsedAt")).isFalse();
        assertThat(get(key).has("usageKnownSince")).isTrue();

        assertThat(use(how, key.text("key")).status()).isEqualTo(200);
        Instant afterwards =
                Instant.ofEpochMilli(stores.ask("SELECT ceil(extract(epoch FROM clock_timestamp()) * 1000)::bigint"));

        JsonNode used = awaitField(key, "lastUsedAt");
        assertThat(instant(used, "lastUsedAt"))
                .isBetween(Instant.parse(key.text("issuedAt")).minusSeconds(10), afterwards);
        assertThat(used.has("lastRefusedAt")).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"self, 200", "scope, 403"})
    void what_is_no_use_is_not_recorded(String how, int status) {
        Answer key = issue();
        assertThat(use(how, key.text("key")).status()).isEqualTo(status);
        Answer other = issue();
        admin.check(other.text("key"));
        awaitField(other, "lastUsedAt");
        assertThat(get(key).has("lastUsedAt")).isFalse();
    }

    @Test
    void a_later_use_of_a_cached_key_is_shown_too() {
        Answer key = issue();
        admin.check(key.text("key"));
        Instant first = instant(awaitField(key, "lastUsedAt"), "lastUsedAt");
        await().atMost(20, SECONDS).until(() -> {
            admin.check(key.text("key"));
            return instant(get(key), "lastUsedAt").isAfter(first);
        });
    }

    @Test
    void ended_key_that_is_still_used_shows_when_and_how_often_until_it_is_accepted_again() {
        Answer key = admin.issue("{\"owner\":%s,\"ttl\":\"PT1S\"}".formatted(quote(owner)));
        await().until(() -> admin.check(key.text("key")).status() == 401);
        admin.check(key.text("key"));
        admin.check(key.text("key"));
        Answer unused = issue();
        admin.delete("/v1/keys/" + unused.text("id"));

        JsonNode refused = await().atMost(20, SECONDS)
                .until(() -> get(key), found -> found.path("refusedCount").asInt() == 3);

        assertThat(instant(refused, "lastRefusedAt"))
                .isAfter(instant(refused, "endedAt").minusSeconds(5));
        assertThat(listed("usedAfterEnd=true&owner=" + owner)).containsExactly(key.text("id"));
        assertThat(listed("usedAfterEnd=true&state=revoked&owner=" + owner)).isEmpty();

        admin.post("/v1/keys/" + key.text("id") + "/renew", "{\"ttl\":\"PT1H\"}");
        assertThat(get(key).has("refusedCount")).isFalse();
        assertThat(listed("usedAfterEnd=true&owner=" + owner)).isEmpty();
        await().until(() -> admin.check(key.text("key")).status() == 200);
        await().atMost(20, SECONDS).until(() -> {
            admin.check(key.text("key"));
            return get(key).has("lastUsedAt")
                    && instant(get(key), "lastUsedAt").isAfter(instant(refused, "lastRefusedAt"));
        });
        admin.delete("/v1/keys/" + key.text("id"));
        admin.check(key.text("key"));
        await().atMost(20, SECONDS).until(() -> get(key).path("refusedCount").asInt() == 1);
    }

    @Test
    void a_day_passes_between_two_notices_of_a_key_that_is_still_used() {
        Answer key = issue();
        UUID id = KeyId.parse(key.text("id")).orElseThrow().value();
        admin.delete("/v1/keys/" + key.text("id"));
        admin.check(key.text("key"));
        await().atMost(20, SECONDS)
                .until(() -> stores.ask("SELECT count(noticed_at) FROM key_refusal WHERE key_id = ?", id) == 1);

        admin.check(key.text("key"));

        await().atMost(20, SECONDS).until(() -> get(key).path("refusedCount").asInt() == 2);
        assertThat(stores.ask(
                        "SELECT (notice_due_at = noticed_at + interval '1 day')::int FROM key_refusal WHERE key_id = ?",
                        id))
                .isEqualTo(1);
    }

    @Test
    void keys_that_nobody_uses_are_listed_newest_first() {
        Answer first = issue();
        Answer used = issue();
        Answer last = issue();
        Answer ended = issue();
        admin.delete("/v1/keys/" + ended.text("id"));
        admin.check(used.text("key"));
        awaitField(used, "lastUsedAt");
        String query = "owner=" + owner + "&unusedSince=";

        assertThat(listed(query + last.text("issuedAt"))).containsExactly(last.text("id"), first.text("id"));
        assertThat(listed(query + first.text("issuedAt"))).doesNotContain(last.text("id"), used.text("id"));
        JsonNode page =
                admin.get("/v1/keys?limit=1&" + query + last.text("issuedAt")).json();
        assertThat(listed("limit=1&" + query + last.text("issuedAt") + "&cursor="
                        + page.get("next").asText()))
                .containsExactly(first.text("id"));
    }

    @ParameterizedTest
    @CsvSource({
        "unusedSince=2020-01-01T00:00:00Z, unusedSince",
        "unusedSince=yesterday, unusedSince",
        "unusedSince=2090-01-01T00:00:00Z&state=expired, state",
        "unusedSince=2090-01-01T00:00:00Z&usedAfterEnd=true, usedAfterEnd",
        "usedAfterEnd=false, usedAfterEnd",
        "usedAfterEnd=true&state=active, usedAfterEnd",
        "usedAfterEnd=true&unlimited=true, usedAfterEnd",
    })
    void what_cannot_be_asked_names_the_field(String query, String field) {
        Answer answer = admin.get("/v1/keys?" + query);
        assertThat(answer.status()).as(answer.body()).isEqualTo(400);
        assertThat(answer.json().get("errors").get(0).get("field").asText()).isEqualTo(field);
    }

    @Test
    void a_node_that_died_with_uses_in_memory_is_a_gap() {
        Instant before = knownSince();
        stores.run("INSERT INTO usage_recorder VALUES (?, clock_timestamp() - interval '1 minute')", UUID.randomUUID());
        awaitGapAfter(before);
        assertThat(stores.ask("SELECT count(*) FROM usage_recorder")).isEqualTo(1);
    }

    @Test
    void a_node_of_a_version_that_does_not_record_uses_is_a_gap() {
        Instant before = knownSince();
        var older = UUID.randomUUID();
        stores.run("INSERT INTO node (id, seen_at, knows) VALUES (?, clock_timestamp(), 11)", older);
        awaitGapAfter(before);
        stores.run("DELETE FROM node WHERE id = ?", older);
    }

    @Test
    void a_dropped_use_is_a_gap() {
        Instant before = knownSince();
        node.bean(UsageMemory.class).putBackGap();
        awaitGapAfter(before);
    }

    @Test
    void nothing_is_a_gap_while_all_goes_well() {
        int soFar = (int) written();
        Instant before = knownSince();
        Answer key = issue();
        for (int i = 1; i <= 3; i++) {
            node.bean(UsageMemory.class).used(KeyId.parse(key.text("id")).orElseThrow());
            awaitWrites(soFar + i);
        }
        assertThat(knownSince()).isEqualTo(before);
    }

    @Test
    void a_node_that_stops_writes_what_it_has_and_one_that_does_not_record_is_a_gap() {
        Instant before = knownSince();
        Answer key = issue();
        Node other = Node.start(stores, Map.of("keylapse.usage.interval", "PT5S"));
        assertThat(other.anonymous().check(key.text("key")).status()).isEqualTo(200);
        other.close();
        assertThat(get(key).has("lastUsedAt")).isTrue();
        assertThat(knownSince()).isEqualTo(before);
        assertThat(stores.ask("SELECT count(*) FROM usage_recorder")).isEqualTo(1);

        Node.start(stores, Map.of("keylapse.usage.enabled", false, "keylapse.usage.interval", "PT0.5S"))
                .close();
        assertThat(knownSince()).isAfter(before);
    }

    @Test
    void uses_survive_an_outage_of_postgres_with_their_instants_and_without_a_gap() {
        Instant before = knownSince();
        Answer key = issue();
        node.awaitKnownToRedis(key.text("key"));
        stores.interruptPostgres();
        try {
            assertThat(admin.check(key.text("key")).status()).isEqualTo(200);
        } finally {
            stores.resumePostgres();
        }
        awaitField(key, "lastUsedAt");
        assertThat(knownSince()).isEqualTo(before);
    }

    @Test
    void an_earlier_use_never_replaces_a_later_one() {
        var id = new UUID(0, 1);
        UsageTable table = node.bean(UsageTable.class);
        long now = Instant.now().toEpochMilli();
        table.addUses(List.of(new UsageTable.Use(id, now)));
        table.addUses(List.of(new UsageTable.Use(id, now - Duration.ofHours(1).toMillis())));
        assertThat(table.of(List.of(new KeyId(id))).of(new KeyId(id)).lastUsedAt())
                .isEqualTo(Instant.ofEpochMilli(now));
    }
}
