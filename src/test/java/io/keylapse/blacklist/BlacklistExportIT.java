package io.keylapse.blacklist;

import static io.keylapse.blacklist.Reader.query;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@NullUnmarked
class BlacklistExportIT {
    private static final int MANY = 300_000;
    private static final String CSV = "text/csv";
    private static final String NDJSON = "application/x-ndjson";
    private static final String JSON = "application/json";
    private static final List<String> COLUMNS = List.of(
            "keyId",
            "owner",
            "name",
            "hint",
            "reason",
            "detail",
            "endedBy",
            "endedAt",
            "recordedAt",
            "source",
            "reinstatedAt");

    private static final List<String> TEXTS = List.of("owner", "name", "hint", "detail");

    private static final Stores stores = Stores.own();
    // Only exports send statements to Postgres.
    private static final Node node = Node.start(
            stores,
            Map.of(
                    "keylapse.notices.enabled", false,
                    "keylapse.sync.enabled", false,
                    "keylapse.expiry.sweep", false,
                    "keylapse.expiry.prompter", false,
                    "keylapse.expiry.listener", false));

    private final String owner = "export-" + UUID.randomUUID();

    @BeforeAll
    static void fill() {
        stores.run("""
                INSERT INTO blacklist (key_id, version, owner, name, hint, reason, detail, ended_at, source)
                SELECT gen_random_uuid(), 1, 'many', i, 'kl_hint', 'revoked', repeat('x', 100),
                    timestamptz '2010-01-01Z' + i * interval '1 ms', 'request'
                FROM generate_series(1, %d) i""".formatted(MANY));
        stores.run("ANALYZE blacklist");
    }

    private static Answer export(String type, String... query) {
        return node.admin().send("GET", "/v1/blacklist" + query(query), null, "Accept", type);
    }

    /**
     * A strict parser of RFC 4180: lines end in CRLF, and only quoted cells may contain quotes, commas and line breaks.
     */
    private static List<List<String>> parseCsv(String text) {
        var rows = new ArrayList<List<String>>();
        int at = 0;
        while (at < text.length()) {
            var row = new ArrayList<String>();
            while (true) {
                var cell = new StringBuilder();
                if (at < text.length() && text.charAt(at) == '"') {
                    at++;
                    while (text.charAt(at) != '"' || (at + 1 < text.length() && text.charAt(at + 1) == '"')) {
                        at += text.charAt(at) == '"' ? 1 : 0;
                        cell.append(text.charAt(at++));
                    }
                    at++;
                } else {
                    while (",\r\n\"".indexOf(text.charAt(at)) < 0) {
                        cell.append(text.charAt(at++));
                    }
                }
                row.add(cell.toString());
                if (text.charAt(at) == ',') {
                    at++;
                } else {
                    break;
                }
            }
            assertThat(text.substring(at)).startsWith("\r\n");
            at += 2;
            rows.add(row);
        }
        return rows;
    }

    private static List<Map<String, String>> parseNdjson(String text) {
        if (!text.isEmpty()) {
            assertThat(text).endsWith("\n");
        }
        return text.lines()
                .map(line -> {
                    try {
                        JsonNode item = new ObjectMapper().readTree(line);
                        return Reader.map(item);
                    } catch (IOException e) {
                        throw new AssertionError("not JSON: " + line, e);
                    }
                })
                .toList();
    }

    private static List<String> cells(Map<String, String> item) {
        return COLUMNS.stream().map(column -> item.getOrDefault(column, "")).toList();
    }

    @Test
    void csv_has_a_header_and_every_field_of_every_entry() throws Exception {
        Instant at = Instant.parse("2011-01-01T00:00:00Z");
        List<Entry> entries = List.of(
                Entry.expired(owner, "plain", at.plusSeconds(3)),
                new Entry(
                        UUID.randomUUID(),
                        1,
                        owner,
                        "full",
                        "revoked",
                        "a \"quoted\" word, and a comma",
                        UUID.randomUUID(),
                        at.plusSeconds(2),
                        at.plusSeconds(9),
                        "request",
                        null),
                new Entry(
                        UUID.randomUUID(),
                        1,
                        owner,
                        "ключ 🔑 \u00fc\u200f",
                        "expired",
                        null,
                        null,
                        at.plusSeconds(1),
                        at.plusSeconds(1),
                        "sweep",
                        at.plusSeconds(5)),
                new Entry(
                        UUID.randomUUID(),
                        1,
                        owner,
                        "lines\r\nand\nmore",
                        "rotated",
                        "\"",
                        null,
                        at,
                        at,
                        "request",
                        null));
        Entry.insert(stores, entries);

        Answer answer = export(CSV, "owner", owner);

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("Content-Type")).startsWith(CSV);
        assertThat(answer.header("Content-Disposition")).contains("attachment").contains(".csv");
        List<List<String>> rows = parseCsv(answer.body());
        assertThat(rows.getFirst()).isEqualTo(COLUMNS);
        assertThat(rows.subList(1, rows.size()))
                .isEqualTo(entries.stream().map(entry -> cells(entry.json())).toList());

        Answer lines = export(NDJSON, "owner", owner);
        assertThat(lines.header("Content-Type")).startsWith(NDJSON);
        assertThat(parseNdjson(lines.body()))
                .isEqualTo(entries.stream().map(Entry::json).toList());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "=1+1",
                "+1",
                "-1",
                "@SUM(A1)",
                "\tx",
                "\rx",
                "=\"a\",\"b\"",
                "=1\r\n",
                " =1",
                "\u00A0\u200B=1",
                "\uFF1D1+1",
                "\u3000\uFF20SUM(A1)",
                "x;=1",
                "x;\t\uFF0D1"
            })
    void what_a_spreadsheet_would_run_is_escaped_in_every_text_of_csv_and_nowhere_else(String text) throws Exception {
        Exported exported = exportOfTexts(text);

        for (String column : TEXTS) {
            String cell = exported.cells.get(COLUMNS.indexOf(column));
            assertThat(cell).as(column).startsWith("'");
            assertThat(cell.replace("'", "")).as(column).isEqualTo(exported.item.get(column));
            assertThat(cell.split(";\\s*"))
                    .as(column)
                    .noneMatch(part -> part.matches("[=+@-\uFF0B\uFF0D\uFF1D\uFF20].*"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"'=1", "safe", "a=1", "night - build", "a;b", "a, b \"c\""})
    void other_texts_are_quoted_in_csv_and_left_as_they_are(String text) throws Exception {
        Exported exported = exportOfTexts(text);

        for (String column : TEXTS) {
            assertThat(exported.cells.get(COLUMNS.indexOf(column))).isEqualTo(exported.item.get(column));
            assertThat(exported.csv).contains(",\"" + exported.item.get(column).replace("\"", "\"\"") + "\",");
        }
    }

    private record Exported(String csv, List<String> cells, Map<String, String> item) {}

    /** Exports an entry whose texts all are this one, or begin with it. */
    private Exported exportOfTexts(String text) throws Exception {
        String unique = text + UUID.randomUUID();
        Entry.insert(
                stores,
                List.of(new Entry(
                        UUID.randomUUID(),
                        1,
                        unique,
                        text,
                        "revoked",
                        text,
                        null,
                        Instant.parse("2012-01-01T00:00:00Z"),
                        Instant.parse("2012-01-01T00:00:00Z"),
                        "request",
                        null)));
        stores.run(
                "SET session_replication_role = replica; UPDATE blacklist SET hint = name WHERE owner LIKE ?",
                "%" + unique.substring(text.length()));
        String[] query = {"from", "2012-01-01T00:00:00Z", "to", "2012-01-02T00:00:00Z", "order", "recorded"};
        String csv = export(CSV, query).body();
        Map<String, String> item = parseNdjson(export(NDJSON, query).body()).getLast();
        assertThat(item).containsEntry("owner", unique);
        for (String column : List.of("name", "hint", "detail")) {
            assertThat(item).containsEntry(column, text);
        }
        return new Exported(csv, parseCsv(csv).getLast(), item);
    }

    @Test
    void an_empty_selection_is_a_header_alone_or_nothing() {
        assertThat(parseCsv(export(CSV, "owner", owner).body())).containsExactly(COLUMNS);
        assertThat(export(NDJSON, "owner", owner).bytes()).isEmpty();
        assertThat(parseCsv(export(CSV, "owner", owner, "order", "recorded").body()))
                .containsExactly(COLUMNS);
    }

    @ParameterizedTest
    @CsvSource({"ended,2000", "ended,4000", "ended,4500", "recorded,2000", "recorded,4000", "recorded,4500"})
    void the_whole_selection_is_streamed_whatever_the_limit_says(String order, int many) throws Exception {
        Instant at = Instant.parse("2013-01-01T00:00:00Z");
        List<Entry> entries = IntStream.range(0, many)
                .mapToObj(i -> Entry.expired(owner, "n" + i, at.plusMillis(i / 10)))
                .toList();
        Entry.insert(stores, entries);
        Entry.insert(stores, List.of(Entry.expired("not-" + owner, "other", at)));

        List<Map<String, String>> all = parseNdjson(
                export(NDJSON, "owner", owner, "order", order, "limit", "3").body());

        assertThat(Reader.names(all)).containsExactlyInAnyOrderElementsOf(Entry.names(entries));
        List<Instant> ends =
                all.stream().map(item -> Instant.parse(item.get("endedAt"))).toList();
        assertThat(order.equals("ended") ? ends.reversed() : ends).isSorted();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ended", "recorded"})
    void a_long_export_has_line_by_line_what_the_pages_have(String order) throws Exception {
        var random = new Random(4711);
        List<UUID> keys = Stream.generate(UUID::randomUUID).limit(5_000).toList();
        Entry.insert(
                stores,
                IntStream.range(0, 5_000)
                        .mapToObj(i -> Entry.random(
                                random,
                                List.of(owner),
                                keys,
                                "\u0001\t\\\"/\u007f ключ 🔑\u2028" + i,
                                Instant.parse("2015-01-01T00:00:00Z")))
                        .toList());
        var items = new ArrayList<JsonNode>();
        String[] query = {"owner", owner, "order", order, "limit", "500", "cursor", null};
        JsonNode page;
        do {
            page = node.admin().get("/v1/blacklist" + query(query)).json();
            page.get("items").forEach(items::add);
            query[7] = page.path("next").asText(null);
        } while (query[7] != null && !page.get("items").isEmpty());
        assertThat(items).hasSize(5_000);

        assertThat(export(NDJSON, "owner", owner, "order", order).body().split("\n"))
                .containsExactlyElementsOf(
                        items.stream().map(JsonNode::toString).toList());
        List<List<String>> rows =
                parseCsv(export(CSV, "owner", owner, "order", order).body());
        assertThat(rows.subList(1, rows.size()))
                .isEqualTo(items.stream()
                        .map(Reader::map)
                        .map(BlacklistExportIT::cells)
                        .toList());
    }

    @Test
    void filters_and_cursor_apply_to_an_export() throws Exception {
        Instant at = Instant.parse("2014-01-01T00:00:00Z");
        var entries = new ArrayList<Entry>();
        for (int i = 0; i < 30; i++) {
            entries.add(new Entry(
                    UUID.randomUUID(),
                    1,
                    owner,
                    "n" + i,
                    Entry.REASONS.get(i % 3),
                    null,
                    null,
                    at.plusMillis(i),
                    at,
                    "request",
                    null));
        }
        Entry.insert(stores, entries);
        String[] query = {
            "owner",
            owner,
            "reason",
            "revoked",
            "from",
            at.plusMillis(4).toString(),
            "to",
            at.plusMillis(25).toString()
        };
        List<Map<String, String>> wanted = new Reader(node.admin(), query).rest();
        assertThat(Reader.names(wanted)).containsExactly("n22", "n19", "n16", "n13", "n10", "n7", "n4");

        assertThat(parseNdjson(export(NDJSON, query).body())).isEqualTo(wanted);
        List<List<String>> rows = parseCsv(export(CSV, query).body());
        assertThat(rows.subList(1, rows.size()))
                .isEqualTo(wanted.stream().map(BlacklistExportIT::cells).toList());

        Answer first = node.admin().get("/v1/blacklist" + query(query) + "&limit=3");
        String[] behind = Stream.concat(Stream.of(query), Stream.of("cursor", first.text("next")))
                .toArray(String[]::new);
        assertThat(parseNdjson(export(NDJSON, behind).body())).isEqualTo(wanted.subList(3, 7));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            text/csv|text/csv
            TEXT/CSV|text/csv
            text/csv; charset=utf-8|text/csv
            text/csv;header=present|text/csv
            application/x-ndjson|application/x-ndjson
            application/json|application/json
            */*|application/json
            application/*|application/json
            text/*|text/csv
            text/html, */*;q=0.8|application/json
            text/html, text/*;q=0.9, */*;q=0.1|text/csv
            text/csv;q=0.5, application/json|application/json
            application/json;q=0.5, text/csv|text/csv
            application/json;q=0.2, text/csv;q=0.3, application/x-ndjson;q=0.9|application/x-ndjson
            */*;q=0.1, application/x-ndjson|application/x-ndjson
            text/csv;q=0, */*|application/json
            application/json;q=0, text/csv|text/csv
            application/json;q=0, text/*|text/csv
            application/problem+json, text/csv|text/csv
            """)
    void the_form_is_the_one_that_the_caller_likes_best(String accept, String type) {
        Answer answer = export(accept, "owner", owner);

        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.header("Content-Type")).startsWith(type);
    }

    @Test
    void json_is_what_a_caller_gets_who_says_nothing() {
        assertThat(node.admin().get("/v1/blacklist?owner=" + owner).header("Content-Type"))
                .startsWith(JSON);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/html",
                "application/xml, image/*",
                "text/csv;q=0",
                "*/*;q=0",
                "text/csv;q=0, application/json;q=0",
                "text/csv;q=0, text/*"
            })
    void a_caller_who_accepts_none_of_the_formats_gets_an_error(String accept) {
        Answer answer = export(accept, "owner", owner);

        assertThat(answer.status()).as(answer.body()).isEqualTo(406);
        assertThat(answer.header("Content-Type")).startsWith("application/problem+json");
        assertThat(answer.text("code")).isEqualTo("NOT_ACCEPTABLE");
    }

    @ParameterizedTest
    @ValueSource(strings = {CSV, NDJSON})
    void what_is_wrong_with_a_selection_shows_before_the_first_byte(String type) {
        for (String query : List.of("cursor=x", "limit=0", "from=x", "reason=active", "nothing=1", "order=x")) {
            Answer answer = node.admin().send("GET", "/v1/blacklist?" + query, null, "Accept", type);

            assertThat(answer.status()).as(query + answer.body()).isEqualTo(400);
            assertThat(answer.header("Content-Type")).startsWith("application/problem+json");
            assertThat(answer.json().get("errors").get(0).get("field").asText())
                    .isEqualTo(query.substring(0, query.indexOf('=')));
        }
        assertThat(node.anonymous()
                        .send("GET", "/v1/blacklist", null, "Accept", type)
                        .status())
                .isEqualTo(401);
    }

    /** Starts an export, as soon as a place is free. */
    private static Download download(String query) throws IOException {
        while (true) {
            var download = new Download(node.port(), Node.ADMIN_KEY, query);
            if (download.status() == 200) {
                assertThat(download.header("transfer-encoding")).isEqualTo("chunked");
                return download;
            }
            // The server has not noticed yet that an earlier client disconnected.
            assertThat(download.status()).isEqualTo(429);
            download.close();
        }
    }

    private static long busyConnections() {
        return stores.ask(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'keylapse' AND state <> 'idle'");
    }

    /** The number of index scans of the blacklist so far. */
    private static long scans() {
        return stores.ask("SELECT sum(idx_scan) FROM pg_stat_user_indexes WHERE relname = 'blacklist'");
    }

    private static long heapUsed() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    @Test
    void a_reader_that_stalls_holds_neither_a_transaction_nor_the_rows() throws Exception {
        // A warm-up, for class loading and caches.
        try (var download = download(query("owner", "many", "to", "2010-01-01T00:00:05Z"))) {
            while (download.chunk(new long[1]) > 0) {}
        }
        long before = heapUsed();
        long most = 0;
        var lines = new long[1];
        try (var download = download(query("owner", "many"))) {
            download.chunk(lines);
            // After the client has read some hundred bytes of 90 MB, the export uses no connection of Postgres.
            await().atMost(20, SECONDS)
                    .pollInterval(Duration.ofMillis(100))
                    .during(Duration.ofSeconds(2))
                    .until(() -> busyConnections() == 0);
            most = heapUsed();

            long look = MANY / 10;
            while (download.chunk(lines) > 0) {
                if (lines[0] > look) {
                    most = Math.max(most, heapUsed());
                    look += MANY / 10;
                }
            }
        }

        assertThat(lines[0]).isEqualTo(MANY);
        assertThat(most - before)
                .as("bytes of heap that an export of 90 MB holds")
                .isLessThan(16_000_000);
    }

    @Test
    void a_client_that_goes_away_leaves_nothing_behind() throws Exception {
        for (int i = 0; i < 30; i++) {
            var download = download(query("owner", "many"));
            download.chunk(new long[1]);
            download.abort();
        }

        // No export continues without its client.
        var last = new long[] {-1};
        await().atMost(30, SECONDS).pollInterval(Duration.ofSeconds(2)).until(() -> {
            long now = scans();
            boolean quiet = now == last[0];
            last[0] = now;
            return quiet && busyConnections() == 0;
        });
        assertThat(export(NDJSON, "owner", "many", "to", "2010-01-01T00:00:00.010Z")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void an_export_that_fails_on_the_way_does_not_look_complete() throws Exception {
        try (var download = download(query("owner", "many"))) {
            download.chunk(new long[1]);
            stores.interruptPostgres();
            try {
                assertThat(export(CSV).status()).isEqualTo(503);
                assertThat(export(CSV).header("Content-Type")).startsWith("application/problem+json");
                assertThatThrownBy(() -> {
                            while (download.chunk(new long[1]) > 0) {}
                        })
                        .isInstanceOf(IOException.class)
                        .isNotInstanceOf(java.net.SocketTimeoutException.class);
            } finally {
                stores.resumePostgres();
            }
        }
        await().atMost(30, SECONDS).until(() -> export(CSV, "owner", owner).status() == 200);
        assertThat(export(CSV, "owner", owner).bytes()).isEqualTo((String.join(",", COLUMNS) + "\r\n").getBytes(UTF_8));
    }
}
