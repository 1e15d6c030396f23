package io.keylapse.registry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.key.KeyId;
import io.keylapse.notice.WebhookId;
import io.keylapse.registry.listing.DeadlineStatistics;
import io.keylapse.registry.listing.OwnerListing;
import io.keylapse.registry.sql.page.Cursor;
import java.net.URLEncoder;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Whatever the filter and the position in the list, a page reads at most ten times as many rows as it returns, plus a
 * constant, even if it is empty.
 */
@NullUnmarked
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class PageCost {
    private static final int LIMIT = 50;
    private static final int TIMES = 10;
    /** The bound for several filters of the audit trail. */
    private static final int SCANNED = 5_000;
    /** Plus: a row for each of 62 ranges of positions, for each of 50 overdue keys, and the one after the page. */
    // Depends a little on which rows ANALYZE happens to look at: up to 122 were seen.
    private static final int FEW_ROWS = 200;
    /** Plus: three pages of an index for each range, and for each reason the index of one range. */
    private static final int FEW_PAGES = 350;

    /** Keys that are counted for each owner of a page. */
    private static final int COUNTED = OwnerListing.COUNTED_IN_LISTS + 1;

    private static final Map<String, String> TABLES = Map.of(
            "/v1/owners", "api_key",
            "/v1/keys", "api_key",
            "/v1/blacklist", "blacklist",
            "/v1/notices", "notice",
            "/v1/deliveries", "delivery",
            "/v1/audit", "audit");

    final int rows;
    private final int backlog;
    final int together;
    private final int many;

    /** Lower and upper ends, as parameters of {@link #endedAt}; -1 for none. */
    private final int[][] ranges;

    private Stores stores;
    private Node node;
    private String keyId;

    /** @param rows the number of keys and of entries */
    PageCost(int rows) {
        this.rows = rows;
        backlog = rows / 10 * 6;
        together = rows / 10 * 8;
        many = rows / 20;
        ranges = new int[][] {
            {-1, -1},
            {rows / 4, -1},
            {-1, rows / 4 * 3},
            {rows / 4, rows / 4 * 3},
            {rows / 2, rows / 2 + 100},
            {-1, 100},
            {rows, -1},
            {rows - many / 2, -1},
            // In the middle of the backlog.
            {backlog - many / 2, backlog - many / 4},
            // Just before, at, and after the simultaneous endings.
            {together - 60, together},
            {together, together + 1},
            {together + 1, together + 60},
            {together + 1, -1}
        };
    }

    /** Separate stores, with the measured version of Postgres. */
    abstract Stores open();

    /** Where pages of the blacklist begin, as parameters of {@link #endedAt}; -1 for the first page. */
    int[] places() {
        return new int[] {-1, 60, rows / 2, backlog + 1, backlog + many / 2, together + 1, rows - many, rows - 20, rows
        };
    }

    @BeforeAll
    void fill() throws Exception {
        stores = open();
        var settings = new HashMap<String, Object>(Map.of(
                "datasources.default.driver-class-name", ExplainingDriver.class.getName(),
                // Overdue keys stay overdue, and only the test reads these tables.
                "keylapse.notices.enabled", false,
                "keylapse.sync.enabled", false,
                "keylapse.expiry.sweep", false,
                "keylapse.expiry.prompter", false,
                "keylapse.expiry.listener", false));
        node = Node.start(stores, settings);
        try (Connection connection = DriverManager.getConnection(
                        stores.postgresUrl(), stores.postgresUser(), stores.postgresPassword());
                Statement statement = connection.createStatement()) {
            seed(statement);
            try (var row = statement.executeQuery("SELECT key_id FROM blacklist WHERE reason = 'expired' LIMIT 1")) {
                row.next();
                keyId = new KeyId(row.getObject(1, UUID.class)).toString();
            }
        }
        ExplainingDriver.drain();
    }

    @AfterAll
    void empty() {
        node.close();
        stores.close();
    }

    /**
     * Keys were issued one per second, 40% of them to one owner, the rest to 8,192. 90% of the keys are active and
     * 9.99% expired; 90% of the endings are expiries and 9.99% revocations; 0.01% are rotations. One entry in a hundred
     * was recorded a day late. {@link #many} keys ended one per second while no node recorded them; as many ended at
     * the same instant; and the last {@link #many} entries are missing in the planner's statistics.
     */
    private void seed(Statement statement) throws Exception {
        statement.execute("SET session_replication_role = replica");
        statement.execute("SET synchronous_commit = off");
        statement.execute("SET maintenance_work_mem = '512MB'");
        statement.execute("CREATE TEMP TABLE kept AS SELECT indexdef FROM pg_indexes"
                + " WHERE tablename IN ('api_key', 'blacklist') AND indexname LIKE '%\\_by\\_%'");
        statement.execute("""
                DO $$ DECLARE i text; BEGIN
                    FOR i IN SELECT indexname FROM pg_indexes
                             WHERE tablename IN ('api_key', 'blacklist') AND indexname LIKE '%\\_by\\_%'
                    LOOP EXECUTE 'DROP INDEX ' || i; END LOOP;
                END $$""");
        String id = "(lpad(to_hex(i), 12, '0') || '70008' || substr(md5(i::text), 1, 15))::uuid";
        String owner =
                "CASE WHEN i <= %d THEN 'early' WHEN i % 2 = 0 THEN 'large' ELSE 'small-' || (hashint4(i) & 8191) END"
                        .replace("%d", Integer.toString(rows / 5));
        statement.execute("""
                INSERT INTO api_key (id, digest, owner, name, hint, scopes, metadata, state, end_reason, version,
                    issued_at, expires_at, ended_at, lifetime_ms, successor_id)
                SELECT %s, sha256(i::text::bytea), %s, 'name', 'kl_hint', '{}', '{}', state,
                    CASE state WHEN 'rotated' THEN 'rotated' ELSE 'expired' END, 1, issued_at,
                    CASE WHEN state = 'expired' THEN issued_at + interval '1 hour'
                         -- Overdue and not recorded.
                         WHEN i %% 20000 = 1 THEN issued_at + interval '2 hours'
                         WHEN i %% 100 = 7 THEN NULL
                         ELSE now() + interval '1 hour' + i * interval '1 second' END,
                    CASE state WHEN 'active' THEN NULL ELSE issued_at + interval '1 hour' END, 3600000,
                    CASE state WHEN 'rotated' THEN gen_random_uuid() END
                FROM (SELECT i, now() - interval '1 day' - (%d - i) * interval '1 second' AS issued_at,
                        CASE WHEN i %% 10000 = 5000 THEN 'rotated' WHEN i %% 20 = 3 THEN 'revoked'
                             WHEN i %% 10 = 7 AND i < %d THEN 'expired' ELSE 'active' END AS state
                      FROM generate_series(1, %d) i) keys
                """.formatted(id, owner, rows, rows / 2, rows));
        seedEntries(statement, id, owner, 1, rows - many);
        statement.execute("SELECT setval('blacklist_position', " + rows + ")");
        statement.execute("""
                DO $$ DECLARE i text; BEGIN
                    FOR i IN SELECT indexdef FROM kept LOOP EXECUTE i; END LOOP;
                END $$""");
        seedNotices(statement, id, owner);
        seedAudit(statement);
        // Every third key was used in the last hour.
        statement.execute("INSERT INTO key_usage SELECT id, now() - CASE WHEN digest < '\\x55' THEN interval '1 second'"
                + " ELSE interval '1 day' END FROM api_key");
        statement.execute("UPDATE usage_known SET since = now() - interval '1 day'");
        statement.execute("VACUUM ANALYZE api_key, blacklist, notice, delivery, webhook, audit, key_usage");
        // These are missing in the planner's statistics.
        seedEntries(statement, id, owner, rows - many + 1, rows);
    }

    private void seedEntries(Statement statement, String id, String owner, int first, int last) throws SQLException {
        statement.execute("""
                INSERT INTO blacklist (key_id, version, owner, name, hint, reason, ended_at, recorded_at, source, position)
                SELECT %s, 1, %s, 'name', 'kl_hint',
                    CASE WHEN i %% 10000 = 5000 THEN 'rotated' WHEN i %% 10 = 3 THEN 'revoked' ELSE 'expired' END,
                    timestamptz '2020-01-01 00:00Z' + interval '1 second' * CASE
                        WHEN i BETWEEN %d AND %d THEN i - %d
                        WHEN i BETWEEN %d AND %d THEN %d
                        WHEN i %% 100 = 17 THEN i - 86400
                        ELSE i END,
                    timestamptz '2020-01-01 00:00Z' + i * interval '1 second' + interval '10 ms',
                    'notification', i
                FROM generate_series(%d, %d) i
                """.formatted(
                        id, owner, backlog, backlog + many, many, together, together + many, together, first, last));
    }

    /**
     * A notice of every fifth key, one per hour, of which only the oldest are about renewals; and a delivery of each,
     * of which only the oldest are dead. One webhook gets nearly all deliveries, another one the oldest.
     */
    private void seedNotices(Statement statement, String id, String owner) throws SQLException {
        String webhook = "('00000000-0000-7000-8000-00000000000' || CASE WHEN i <= 500 THEN 2 ELSE 1 END)::uuid";
        statement.execute("""
                INSERT INTO webhook (id, url, description, kinds, owners, secret, created_at)
                SELECT DISTINCT %s, 'https://example.org/', '', '{}'::text[], '{}'::text[], ''::bytea, now()
                FROM generate_series(1, 1000) i""".formatted(webhook));
        statement.execute("""
                INSERT INTO notice (id, kind, key_id, version, owner, name, hint, due_at, written_at, routed_at)
                SELECT (lpad(to_hex(i * 3600000::bigint), 12, '0') || '70008' || substr(md5(i::text), 1, 15))::uuid,
                    CASE WHEN i <= 500 THEN 'renewed' ELSE 'expired' END, %s, 1, %s, 'name', 'kl_hint', at, at, at
                FROM (SELECT i, to_timestamp(i * 3600) + interval '5 ms' AS at FROM generate_series(1, %d) i) t
                """.formatted(id, owner, rows / 5));
        statement.execute("""
                INSERT INTO delivery (id, notice_id, channel, webhook_id, target, state, ended_at)
                SELECT n.id, n.id, 'webhook', %s, 'https://example.org/',
                    CASE WHEN i <= 700 THEN 'dead' ELSE 'delivered' END, n.written_at
                FROM (SELECT *, (extract(epoch FROM written_at) / 3600)::integer AS i FROM notice) n
                """.formatted(webhook));
    }

    /** An entry per hour, of which only the oldest are of another actor, about webhooks, or refused. */
    private void seedAudit(Statement statement) throws SQLException {
        statement.execute("""
                INSERT INTO audit (id, at, count, actor, action, target, changes, outcome, code)
                SELECT (lpad(to_hex(i * 3600000::bigint), 12, '0') || '70008' || substr(md5(i::text), 1, 15))::uuid,
                    to_timestamp(i * 3600), 1, 'mgmt_000000000000000000000' || CASE WHEN i <= 500 THEN 2 ELSE 1 END,
                    CASE WHEN i <= 600 THEN 'webhook.test' ELSE 'key.issue' END, 'target-' || i / 4, '{}',
                    CASE WHEN i <= 700 THEN 'refused' ELSE 'done' END, CASE WHEN i <= 700 THEN 'NOT_FOUND' END
                FROM generate_series(1, %d) i""".formatted(rows / 5));
    }

    @Test
    void a_page_of_the_audit_trail_costs_what_it_returns_and_with_several_filters_no_more_than_a_bound() {
        String often = "mgmt_0000000000000000000001";
        String rare = "mgmt_0000000000000000000002";
        int[][] times = {{-1, -1}, {rows / 10, -1}, {-1, rows / 10}, {rows / 10, rows / 10 + 10}, {-1, 3}, {rows, -1}};
        String[][] filters = {
            {},
            {"actor", often},
            {"actor", rare},
            {"actor", "mgmt_0000000000000000000003"},
            {"action", "key.issue"},
            {"action", "webhook.test"},
            {"action", "key.revoke"},
            {"target", "target-7"},
            {"target", "nothing"},
            {"outcome", "refused"},
            {"actor", often, "action", "webhook.test"},
            {"actor", rare, "outcome", "done"},
            {"action", "key.issue", "outcome", "refused"},
            {"outcome", "done"}
        };
        var softly = new SoftAssertions();
        for (String[] filter : filters) {
            for (int[] time : times) {
                for (Integer at : new Integer[] {null, rows / 10, 40}) {
                    var query = new ArrayList<String>(List.of(filter));
                    query.add("from");
                    query.add(time[0] < 0 ? null : hour(time[0]).toString());
                    query.add("to");
                    query.add(time[1] < 0 ? null : hour(time[1]).toString());
                    query.add("cursor");
                    query.add(at == null ? null : cursor("a", idAtHour(at)));
                    boolean isScan = filter.length > 2 || List.of(filter).contains("done");
                    measure(softly, 0, isScan ? 2 * SCANNED : 0, "/v1/audit", query.toArray(String[]::new));
                }
            }
        }
        softly.assertAll();
    }

    @Test
    void a_page_of_notices_costs_what_it_returns() {
        var softly = new SoftAssertions();
        int[][] times = {{-1, -1}, {rows / 10, -1}, {-1, rows / 10}, {rows / 10, rows / 10 + 10}, {-1, 3}, {rows, -1}};
        for (String owner : new String[] {null, "large", "early", "small-77", "nobody"}) {
            for (String type : new String[] {null, "api_key.expired", "api_key.renewed", "api_key.revoked"}) {
                for (int[] time : times) {
                    for (Integer at : new Integer[] {null, rows / 10, 40}) {
                        measure(
                                softly,
                                "/v1/notices",
                                "owner",
                                owner,
                                "type",
                                type,
                                "from",
                                time[0] < 0 ? null : hour(time[0]).toString(),
                                "to",
                                time[1] < 0 ? null : hour(time[1]).toString(),
                                "cursor",
                                at == null ? null : cursor("n", idAtHour(at)));
                    }
                }
            }
        }
        softly.assertAll();
    }

    @Test
    void a_page_of_deliveries_costs_what_it_returns() {
        var softly = new SoftAssertions();
        for (Integer webhook : new Integer[] {null, 1, 2}) {
            for (String state : new String[] {null, "pending", "delivered", "dead", "cancelled"}) {
                for (Integer at : new Integer[] {null, rows / 10, 40}) {
                    measure(
                            softly,
                            "/v1/deliveries",
                            "webhookId",
                            webhook == null
                                    ? null
                                    : new WebhookId(UUID.fromString("00000000-0000-7000-8000-00000000000" + webhook))
                                            .toString(),
                            "state",
                            state,
                            "cursor",
                            at == null ? null : cursor("v", idAtHour(at)));
                }
            }
        }
        softly.assertAll();
    }

    private static Instant hour(int i) {
        return Instant.ofEpochSecond(i * 3600L);
    }

    private static UUID idAtHour(int i) {
        return new UUID(hour(i).toEpochMilli() << 16 | 0x7000L, -1L);
    }

    @Test
    void a_page_of_keys_costs_what_it_returns_whatever_the_filter() {
        var softly = new SoftAssertions();
        for (String owner : new String[] {null, "large", "early", "small-77", "nobody"}) {
            for (String state : new String[] {null, "active", "expired", "revoked", "rotated"}) {
                // The first page, pages in the middle, and the end.
                for (Integer at : new Integer[] {null, rows / 10 * 7, rows / 10 * 3, rows / 10_000}) {
                    String cursor = at == null ? null : cursor("i", new UUID(((long) at << 16) | 0x7000, -1L));
                    measure(softly, "/v1/keys", "owner", owner, "state", state, "cursor", cursor);
                }
            }
            for (String state : new String[] {null, "active"}) {
                for (String before :
                        new String[] {"2000-01-01T00:00:00Z", "2026-12-24T00:00:00Z", "2100-01-01T00:00:00Z"}) {
                    for (String at : new String[] {null, "1", "2"}) {
                        String cursor = at == null
                                ? null
                                : cursor(
                                        "d",
                                        Instant.now().plusSeconds((long) (Integer.parseInt(at) / 3.0 * rows) - 60),
                                        UUID.randomUUID());
                        measure(
                                softly,
                                "/v1/keys",
                                "owner",
                                owner,
                                "state",
                                state,
                                "expiresBefore",
                                before,
                                "cursor",
                                cursor);
                    }
                }
            }
        }
        softly.assertAll();
    }

    @Test
    void a_page_of_keys_in_a_range_of_deadlines_or_without_one_costs_what_it_returns() {
        var softly = new SoftAssertions();
        for (String owner : new String[] {null, "large", "early", "small-77", "nobody"}) {
            for (long[] range : new long[][] {{0, rows}, {rows / 3, rows / 3 + 600}, {rows, -1}, {-1000, 0}}) {
                measure(
                        softly,
                        "/v1/keys",
                        "owner",
                        owner,
                        "expiresFrom",
                        Instant.now().plusSeconds(range[0]).toString(),
                        "expiresTo",
                        range[1] < 0
                                ? null
                                : Instant.now().plusSeconds(range[1]).toString());
            }
            for (Integer at : new Integer[] {null, rows / 2}) {
                String cursor = at == null ? null : cursor("u", new UUID(((long) at << 16) | 0x7000, -1L));
                measure(softly, "/v1/keys", "owner", owner, "unlimited", "true", "cursor", cursor);
            }
        }
        softly.assertAll();
    }

    @Test
    void a_page_of_keys_costs_what_it_returns_in_every_order() {
        var softly = new SoftAssertions();
        Instant middle = Instant.now().plusSeconds(rows / 2);
        for (String owner : new String[] {null, "large", "early", "small-77", "nobody"}) {
            for (String state : new String[] {null, "active", "expired", "revoked", "rotated"}) {
                for (Integer at : new Integer[] {null, rows / 10 * 7, rows / 10_000}) {
                    String cursor = at == null ? null : cursor("j", new UUID(((long) at << 16) | 0x7000, -1L));
                    measure(softly, "/v1/keys", "sort", "issuedAt", "owner", owner, "state", state, "cursor", cursor);
                }
            }
            for (String sort : new String[] {"expiresAt", "-expiresAt"}) {
                for (String cursor : new String[] {
                    null,
                    cursor(sort.equals("expiresAt") ? "d" : "e", middle, UUID.randomUUID()),
                    cursor(sort.equals("expiresAt") ? "v" : "u", new UUID(((long) (rows / 2) << 16) | 0x7000, -1L))
                }) {
                    measure(softly, "/v1/keys", "sort", sort, "owner", owner, "state", "active", "cursor", cursor);
                }
                for (String cursor :
                        new String[] {null, cursor(sort.equals("expiresAt") ? "d" : "e", middle, UUID.randomUUID())}) {
                    measure(
                            softly,
                            "/v1/keys",
                            "sort",
                            sort,
                            "owner",
                            owner,
                            "expiresFrom",
                            Instant.now().plusSeconds(rows / 3).toString(),
                            "expiresTo",
                            middle.plusSeconds(600).toString(),
                            "cursor",
                            cursor);
                }
            }
        }
        softly.assertAll();
    }

    @Test
    void a_page_of_owners_reads_no_more_keys_of_each_than_it_counts() {
        var softly = new SoftAssertions();
        for (String after : new String[] {null, "early", "small-5"}) {
            String cursor = after == null
                    ? null
                    : cursor("w", Base64.getUrlEncoder().withoutPadding().encodeToString(after.getBytes(UTF_8)));
            measure(softly, COUNTED, 0, "/v1/owners", "cursor", cursor);
        }
        softly.assertAll();
    }

    @Test
    void an_export_of_owners_reads_page_by_page_no_more_keys_of_each_than_it_counts() {
        ExplainingDriver.drain();
        String lines = node.admin()
                .send("GET", "/v1/owners?q=small-77", null, "Accept", "text/csv")
                .body();
        assertThat(lines.lines()).hasSizeGreaterThan(100);
        List<ExplainingDriver.Explained> pages = ExplainingDriver.drain();
        assertThat(pages).hasSizeGreaterThan(1);
        assertThat(pages).allSatisfy(each -> {
            assertThat(each.plan().toString()).doesNotContain("Seq Scan");
            // One step of the index for each of the 8,194 owners, and the keys of the hundred on the page.
            assertThat(rowsRead(each.plan())).isLessThanOrEqualTo(2 * 8_200 + 101 * COUNTED);
        });
    }

    @Test
    void keys_are_counted_by_deadline_up_to_a_bound_for_each_bucket() {
        var softly = new SoftAssertions();
        for (String owner : new String[] {null, "large", "early", "small-77", "nobody"}) {
            for (String bucket : new String[] {"hour", "day", "week"}) {
                for (int days : new int[] {1, 30, 600}) {
                    String query = "bucket=" + bucket + (owner == null ? "" : "&owner=" + owner) + "&to="
                            + Instant.now().plusSeconds(days * 86_400L);
                    ExplainingDriver.drain();
                    Answer answer = node.admin().get("/v1/keys/stats?" + query);
                    if (answer.status() == 400) {
                        continue;
                    }
                    int buckets = answer.json().get("buckets").size();
                    double read = 0;
                    long pages = 0;
                    for (var each : ExplainingDriver.drain()) {
                        softly.assertThat(each.plan().toString()).as(query).doesNotContain("Seq Scan");
                        read += rowsRead(each.plan());
                        pages += each.plan().get("Shared Hit Blocks").asLong()
                                + each.plan().get("Shared Read Blocks").asLong();
                    }
                    softly.assertThat(buckets).as(query).isBetween(1, DeadlineStatistics.MAX_BUCKETS);
                    softly.assertThat(read > 0 || owner != null).as(query).isTrue();
                    softly.assertThat(read)
                            .as(query + ": rows read for " + buckets)
                            .isLessThanOrEqualTo(buckets * (DeadlineStatistics.COUNTED + 2.0));
                    softly.assertThat(pages)
                            .as(query + ": pages read for " + buckets)
                            .isLessThanOrEqualTo(buckets * (DeadlineStatistics.COUNTED / 50L + 10));
                }
            }
        }
        softly.assertAll();
    }

    @Test
    void overdue_keys_are_not_counted_as_upcoming_although_they_are_not_recorded() {
        String past = "from=%s&to=%s"
                .formatted(
                        Instant.now().minusSeconds(rows + 172_800L),
                        Instant.now().minusSeconds(60));
        JsonNode buckets = node.admin().get("/v1/keys/stats?" + past).json().get("buckets");
        assertThat(buckets.findValuesAsText("keys")).isNotEmpty().containsOnly("0");
    }

    @Test
    void change_of_many_keys_of_an_owner_or_in_a_state_finds_them_at_the_cost_of_what_it_returns() {
        var softly = new SoftAssertions();
        for (String owner : new String[] {null, "large", "early", "small-77", "nobody"}) {
            for (String state : new String[] {null, "active", "expired", "revoked", "rotated"}) {
                if (owner == null && state == null) {
                    continue;
                }
                String filter = Stream.of(
                                owner == null ? null : "\"owner\":\"" + owner + "\"",
                                state == null ? null : "\"state\":\"" + state + "\"")
                        .filter(Objects::nonNull)
                        .collect(Collectors.joining(","));
                ExplainingDriver.drain();
                Answer answer = node.admin().post("/v1/keys:revoke", "{\"dryRun\":true,\"filter\":{" + filter + "}}");
                assertThat(answer.status()).as(filter + answer.body()).isEqualTo(200);
                int returned = answer.json().get("results").size();
                double read = ExplainingDriver.drain().stream()
                        .filter(each -> !each.sql().startsWith("SELECT count(*)"))
                        .mapToDouble(each -> rowsRead(each.plan()))
                        .sum();
                softly.assertThat(read)
                        .as(filter + ": rows read for " + returned)
                        .isLessThanOrEqualTo(TIMES * returned + FEW_ROWS);
            }
        }
        softly.assertAll();
    }

    @Test
    void unused_keys_of_an_owner_are_found_among_its_own() {
        var softly = new SoftAssertions();
        String since = Instant.now().minusSeconds(3_600).toString();
        for (String owner : new String[] {"small-77", "nobody"}) {
            measure(softly, 0, rows / 8192, "/v1/keys", "owner", owner, "unusedSince", since);
        }
        softly.assertAll();
    }

    @Test
    void a_page_of_keys_found_by_how_their_names_begin_costs_what_it_returns() {
        var softly = new SoftAssertions();
        String somewhere = cursor(
                "m",
                KeyId.parse(node.admin()
                                .get("/v1/keys?limit=1")
                                .json()
                                .at("/items/0/id")
                                .asText())
                        .orElseThrow()
                        .value());
        for (String cursor : new String[] {null, somewhere}) {
            measure(softly, "/v1/keys", "name", "na", "cursor", cursor);
            measure(softly, "/v1/keys", "name", "nobody has such a name", "cursor", cursor);
        }
        softly.assertAll();
    }

    @Test
    void a_page_of_the_blacklist_costs_what_it_returns_whatever_the_filter() {
        blacklist("ended");
    }

    @Test
    void a_page_in_the_order_of_recording_costs_what_it_returns() {
        blacklist("recorded");
    }

    private void blacklist(String order) {
        var softly = new SoftAssertions();
        for (String owner : new String[] {null, "large", "early", "small-77", "nobody"}) {
            for (String reason : new String[] {null, "expired", "revoked", "rotated"}) {
                for (String key : reason == null ? new String[] {null, keyId} : new String[] {null}) {
                    for (int[] range : ranges) {
                        for (int at : places()) {
                            measure(
                                    softly,
                                    "/v1/blacklist",
                                    "order",
                                    order,
                                    "owner",
                                    owner,
                                    "reason",
                                    reason,
                                    "keyId",
                                    key,
                                    "from",
                                    range[0] < 0 ? null : endedAt(range[0]),
                                    "to",
                                    range[1] < 0 ? null : endedAt(range[1]),
                                    "cursor",
                                    at < 0
                                            ? null
                                            : order.equals("ended")
                                                    ? cursor("e", endedAt(at), UUID.randomUUID(), 1)
                                                    : cursor("r", at));
                        }
                    }
                }
            }
        }
        softly.assertAll();
    }

    private static String endedAt(int i) {
        return Instant.parse("2020-01-01T00:00:00Z").plusSeconds(i).toString();
    }

    private static String cursor(String order, Object... values) {
        return Cursor.of(order, values).toString();
    }

    private void measure(SoftAssertions softly, String path, String... query) {
        measure(softly, 0, 0, path, query);
    }

    /**
     * @param counted keys that are counted for each item of the page
     * @param scanned further rows that it may read
     */
    private void measure(SoftAssertions softly, int counted, int scanned, String path, String... query) {
        var url = new StringBuilder(path + "?limit=" + LIMIT);
        var what = new ArrayList<String>();
        for (int i = 0; i < query.length; i += 2) {
            if (query[i + 1] != null) {
                url.append('&').append(query[i]).append('=').append(URLEncoder.encode(query[i + 1], UTF_8));
                String value = query[i].equals("cursor")
                        ? new String(Base64.getUrlDecoder().decode(query[i + 1]), UTF_8)
                        : query[i + 1];
                what.add(query[i] + "=" + value);
            }
        }
        ExplainingDriver.drain();
        Answer answer = node.admin().get(url.toString());
        assertThat(answer.status()).as(what + answer.body()).isEqualTo(200);
        List<ExplainingDriver.Explained> explained = ExplainingDriver.drain().stream()
                .filter(each -> each.sql().contains("FROM " + TABLES.get(path)))
                .toList();
        assertThat(explained).isNotEmpty();
        double read = 0;
        long pages = 0;
        for (var each : explained) {
            read += rowsRead(each.plan());
            pages += each.plan().get("Shared Hit Blocks").asLong()
                    + each.plan().get("Shared Read Blocks").asLong();
            softly.assertThat(each.plan().toString()).as(what + ": whole table").doesNotContain("Seq Scan");
            if (scanned == 0) {
                softly.assertThat(each.sql()).doesNotContainIgnoringCase("OFFSET");
            }
        }
        int returned = answer.json().get("items").size();
        softly.assertThat(read)
                .as(what + ": rows read for " + returned)
                .isLessThanOrEqualTo((TIMES + counted) * returned + FEW_ROWS + scanned);
        softly.assertThat(pages)
                .as(what + ": pages of table and index read for " + returned)
                .isLessThanOrEqualTo(TIMES * returned + FEW_PAGES + scanned);
    }

    private static double rowsRead(JsonNode plan) {
        double rows = 0;
        String type = plan.get("Node Type").asText();
        // The index scan of a bitmap finds the same rows that its heap scan reads.
        if (type.endsWith("Scan")
                && !type.equals("Bitmap Index Scan")
                && !type.startsWith("Subquery")
                && !type.startsWith("CTE")
                && !type.startsWith("Function")) {
            rows += plan.get("Actual Loops").asDouble()
                    * (plan.get("Actual Rows").asDouble()
                            + plan.path("Rows Removed by Filter").asDouble()
                            + plan.path("Rows Removed by Index Recheck").asDouble());
        }
        for (JsonNode child : plan.path("Plans")) {
            rows += rowsRead(child);
        }
        return rows;
    }
}
