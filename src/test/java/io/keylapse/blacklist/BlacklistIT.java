package io.keylapse.blacklist;

import static io.keylapse.blacklist.Reader.query;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.key.KeyId;
import java.net.URLEncoder;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@NullUnmarked
class BlacklistIT {
    private static final Node node = Node.shared();

    /** A filter, and the entries that it must find. */
    private record Selection(Map<String, String> query, Predicate<Entry> wanted) {}

    @Test
    void every_combination_of_filters_finds_what_a_look_at_each_entry_finds() throws Exception {
        long seed = System.nanoTime();
        System.out.println("BlacklistIT seed " + seed);
        var random = new Random(seed);
        String run = "property-" + UUID.randomUUID();
        List<String> owners = List.of(run + " a", run + " b/ü?&=+%20{x}", run + " c");
        List<UUID> keys = IntStream.range(0, 40)
                .mapToObj(_ -> new UUID(random.nextLong(), random.nextLong()))
                .toList();
        Instant earliest = Instant.parse("1990-01-01T00:00:00Z").plusSeconds(random.nextInt(300_000_000));
        List<Entry> written = IntStream.range(0, 400)
                .mapToObj(i -> Entry.random(random, owners, keys, run + i, earliest))
                .toList();
        try (Connection connection = Stores.shared().connect()) {
            for (int i = 0; i < written.size(); i += 40) {
                Entry.insert(connection, written.subList(i, i + 40));
                Entry.skipPositions(connection, random.nextInt(40_000));
            }
        }

        for (int combination = 0; combination < 32; combination++) {
            for (String order : new String[] {null, "ended", "recorded"}) {
                Selection selection = selection(random, combination, written.get(random.nextInt(400)), earliest);
                Map<String, String> query = selection.query;
                query.put("order", order);
                query.put("limit", List.of("7", "50", "500").get(random.nextInt(3)));
                List<Map<String, String>> found = new Reader(node.admin(), flat(query))
                        .rest().stream()
                                .filter(item -> item.get("owner").startsWith(run))
                                .toList();
                List<Map<String, String>> wanted = written.stream()
                        .filter(selection.wanted)
                        .map(Entry::json)
                        .toList();
                String what = "seed " + seed + ", " + query;
                if ("recorded".equals(order)) {
                    assertThat(found).as(what).isEqualTo(wanted);
                } else {
                    assertThat(found).as(what).containsExactlyInAnyOrderElementsOf(wanted);
                    assertThat(found)
                            .as(what)
                            .isSortedAccordingTo(
                                    Comparator.<Map<String, String>, String>comparing(item -> item.get("endedAt"))
                                            .reversed());
                }
            }
        }
    }

    /** Combines the filters whose bits are set, with values of an entry, so that the result is usually not empty. */
    private static Selection selection(Random random, int combination, Entry of, Instant earliest) {
        Instant from = of.endedAt().minusMillis(random.nextInt(15));
        Instant to = of.endedAt().plusMillis(random.nextInt(15));
        var query = new LinkedHashMap<String, String>();
        Predicate<Entry> wanted = _ -> true;
        if ((combination & 1) != 0) {
            query.put("owner", of.owner());
            wanted = wanted.and(entry -> entry.owner().equals(of.owner()));
        }
        if ((combination & 2) != 0) {
            query.put("keyId", new KeyId(of.keyId()).toString());
            wanted = wanted.and(entry -> entry.keyId().equals(of.keyId()));
        }
        if ((combination & 4) != 0) {
            query.put("reason", of.reason());
            wanted = wanted.and(entry -> entry.reason().equals(of.reason()));
        }
        if ((combination & 8) != 0) {
            query.put("from", from.toString());
            wanted = wanted.and(entry -> !entry.endedAt().isBefore(from));
        }
        if ((combination & 16) != 0) {
            query.put("to", to.toString());
            wanted = wanted.and(entry -> entry.endedAt().isBefore(to));
        }
        assertThat(of.endedAt()).isAfterOrEqualTo(earliest);
        return new Selection(query, wanted);
    }

    private static String[] flat(Map<String, String> query) {
        return query.entrySet().stream()
                .flatMap(each -> Stream.of(each.getKey(), each.getValue()))
                .toArray(String[]::new);
    }

    @Test
    void from_is_inclusive_and_to_is_exclusive_whatever_their_offset() throws Exception {
        String owner = "bounds-" + UUID.randomUUID();
        Entry.insert(
                Stores.shared(),
                List.of(
                        Entry.expired(owner, "first", Instant.parse("2001-02-03T04:05:06.000Z")),
                        Entry.expired(owner, "second", Instant.parse("2001-02-03T04:05:06.001Z")),
                        Entry.expired(owner, "third", Instant.parse("2001-02-03T04:05:06.002Z"))));

        assertThat(names(owner, "2001-02-03T04:05:06.001Z", null)).containsExactly("third", "second");
        assertThat(names(owner, null, "2001-02-03T04:05:06.001Z")).containsExactly("first");
        assertThat(names(owner, "2001-02-03T06:05:06.001+02:00", "2001-02-03T04:05:06.0015Z"))
                .containsExactly("second");
        assertThat(names(owner, "2001-02-03T04:05:06.0005Z", "2001-02-03T04:05:06.0015Z"))
                .containsExactly("second");
        assertThat(names(owner, "2001-02-03T04:05:06.001Z", "2001-02-03T04:05:06.001Z"))
                .isEmpty();
        assertThat(names(owner, "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z"))
                .containsExactly("third", "second", "first");
    }

    private static List<String> names(String owner, String from, String to) {
        return new Reader(node.admin(), "owner", owner, "from", from, "to", to).restOfNames();
    }

    @Test
    void the_last_page_newest_first_has_no_next_and_a_full_one_has() throws Exception {
        String owner = "last-" + UUID.randomUUID();
        Instant endedAt = Instant.parse("2002-01-01T00:00:00Z");
        Entry.insert(
                Stores.shared(),
                IntStream.range(0, 100)
                        .mapToObj(i -> Entry.expired(owner, "n" + i, endedAt))
                        .toList());

        var exactly = new Reader(node.admin(), "owner", owner, "limit", "100");
        assertThat(exactly.page()).hasSize(100);
        assertThat(exactly.hasNext()).isFalse();

        var usual = new Reader(node.admin(), "owner", owner);
        assertThat(usual.page()).hasSize(50);
        assertThat(usual.page()).hasSize(50);
        assertThat(usual.hasNext()).isFalse();

        var none = new Reader(node.admin(), "owner", "nobody-" + UUID.randomUUID());
        assertThat(none.page()).isEmpty();
        assertThat(none.hasNext()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ended", "recorded"})
    void paging_shows_what_was_there_exactly_once_while_entries_are_added(String order) throws Exception {
        String owner = "adding-" + UUID.randomUUID();
        var random = new Random(5);
        Instant start = Instant.parse("2003-01-01T00:00:00Z");
        List<Entry> there = IntStream.range(0, 300)
                .mapToObj(i -> Entry.expired(owner, "there" + i, start.plusMillis(random.nextInt(100))))
                .toList();
        Entry.insert(Stores.shared(), there);

        var reader = new Reader(node.admin(), "owner", owner, "order", order, "limit", "10");
        var seen = new ArrayList<String>();
        for (int i = 0; reader.hasNext(); i++) {
            List<Map<String, String>> page = reader.page();
            seen.addAll(Reader.names(page));
            if (page.isEmpty()) {
                break;
            }
            if (i < 40) {
                Entry.insert(
                        Stores.shared(),
                        List.of(
                                Entry.expired(owner, "newer" + i, start.plusSeconds(i)),
                                Entry.expired(owner, "among" + i, start.plusMillis(random.nextInt(100))),
                                Entry.expired(owner, "older" + i, start.minusSeconds(i))));
            }
        }

        assertThat(seen).doesNotHaveDuplicates().containsAll(Entry.names(there));
        if (order.equals("recorded")) {
            assertThat(seen).hasSize(300 + 40 * 3);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "plain",
                "a&b=c d",
                "1+1",
                "100%",
                "%41",
                "{braces}",
                "ключ 🔑",
                "a/b?c#d",
                "\"<quoted>\"; rel=\"x\"",
                "back\\slash|pipe^caret`tick",
                "[brackets]"
            })
    void the_link_to_the_next_page_can_be_followed_as_it_is_whatever_the_owner_is_called(String name) throws Exception {
        String owner = name + " " + UUID.randomUUID();
        Instant endedAt = Instant.parse("2004-01-01T00:00:00Z");
        Entry.insert(
                Stores.shared(),
                List.of(
                        Entry.expired(owner, "first", endedAt),
                        Entry.expired(owner, "second", endedAt.plusMillis(1)),
                        Entry.expired(owner, "third", endedAt.plusMillis(2))));

        var reader = new Reader(
                node.admin(),
                "owner",
                owner,
                "reason",
                "expired",
                "from",
                "2004-01-01T02:00:00+02:00",
                "to",
                "2004-01-02T00:00:00Z",
                "limit",
                "1");

        assertThat(reader.restOfNames()).containsExactly("third", "second", "first");
    }

    @Test
    void a_revocation_is_recorded_with_its_reason_and_its_management_key() {
        String owner = "revoking-" + UUID.randomUUID();
        Answer issuer =
                node.admin().post("/v1/management-keys", "{\"name\":\"it\",\"role\":\"issuer\",\"ttl\":\"PT1H\"}");
        assertThat(issuer.status()).isEqualTo(201);
        String id = node.admin().issue(owner, Duration.ofDays(1)).text("id");

        Answer revoked = node.as(issuer.text("key")).post("/v1/keys/" + id + "/revoke", "{\"reason\":\"leaked\"}");

        assertThat(revoked.status()).isEqualTo(200);
        Map<String, String> entry = onlyEntry(owner);
        assertThat(entry)
                .containsEntry("keyId", id)
                .containsEntry("reason", "revoked")
                .containsEntry("detail", "leaked")
                .containsEntry("endedBy", issuer.text("id"))
                .containsEntry("source", "request")
                .containsEntry("endedAt", revoked.text("endedAt"))
                .doesNotContainKey("reinstatedAt");
        assertThat(Instant.parse(entry.get("recordedAt"))).isAfterOrEqualTo(Instant.parse(entry.get("endedAt")));
    }

    @Test
    void an_expiry_that_a_renewal_undid_stays_and_says_when() {
        String owner = "reinstated-" + UUID.randomUUID();
        Answer issued = node.admin().issue(owner, Duration.ofSeconds(1));
        await().atMost(5, SECONDS)
                .until(() -> node.admin()
                                .get("/v1/blacklist?owner=" + owner)
                                .json()
                                .get("items")
                                .size()
                        == 1);
        Map<String, String> before = onlyEntry(owner);
        assertThat(before)
                .containsEntry("reason", "expired")
                .containsEntry("endedAt", issued.text("expiresAt"))
                .doesNotContainKeys("reinstatedAt", "detail", "endedBy");

        Answer renewed = node.admin().post("/v1/keys/" + issued.text("id") + "/renew", "{\"ttl\":\"P1D\"}");

        assertThat(renewed.status()).isEqualTo(200);
        var expected = new LinkedHashMap<>(before);
        expected.put("reinstatedAt", onlyEntry(owner).get("reinstatedAt"));
        assertThat(onlyEntry(owner)).isEqualTo(expected);
        assertThat(Instant.parse(expected.get("reinstatedAt"))).isAfter(Instant.parse(before.get("recordedAt")));
    }

    private static Map<String, String> onlyEntry(String owner) {
        List<Map<String, String>> entries = new Reader(node.admin(), "owner", owner).rest();
        assertThat(entries).hasSize(1);
        return entries.getFirst();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '^', textBlock = """
            owner=%20%20|owner
            owner=a%00b|owner
            owner=a%0Ab|owner
            owner=a&owner=b|owner
            keyId=key_short|keyId
            keyId=0Bq8ZsYp5QwX3nKdTm7RfL|keyId
            keyId=key_zzzzzzzzzzzzzzzzzzzzzz|keyId
            keyId=mgmt_0Bq8ZsYp5QwX3nKdTm7RfL|keyId
            reason=active|reason
            reason=Expired|reason
            reason=gone|reason
            from=yesterday|from
            from=2020-01-01|from
            from=2020-01-01T00:00:00|from
            from=2020-02-30T00:00:00Z|from
            from=99999-01-01T00:00:00Z|from
            from=-0044-03-15T00:00:00Z|from
            to=1577836800|to
            to=2020-01-01T00:00:60Z|to
            from=2020-01-01T00:00:00.001Z&to=2020-01-01T00:00:00Z|from
            order=newest|order
            order=recorded&order=ended|order
            limit=0|limit
            limit=-1|limit
            limit=501|limit
            limit=1.5|limit
            limit=99999999999|limit
            limit=ten|limit
            cursor=!|cursor
            cursor=abc|cursor
            cursor=AAAA|cursor
            onwer=a|onwer
            Owner=a|Owner
            """)
    void bad_input_is_refused_by_the_name_of_its_field(String query, String field) {
        refused(node.admin().get("/v1/blacklist?" + query), field);
    }

    @Test
    void an_owner_that_is_too_long_is_refused() {
        refused(node.admin().get("/v1/blacklist?owner=" + "x".repeat(201)), "owner");
        assertThat(node.admin().get("/v1/blacklist?owner=" + "x".repeat(200)).status())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @MethodSource
    void a_cursor_that_is_of_another_list_or_made_up_is_refused(String order, String cursor) {
        refused(node.admin().get("/v1/blacklist" + query("order", order, "cursor", cursor)), "cursor");
    }

    static Stream<String[]> a_cursor_that_is_of_another_list_or_made_up_is_refused() {
        String id = UUID.randomUUID().toString();
        return Stream.of(
                        new String[] {"recorded", "e~2020-01-01T00:00:00Z~" + id + "~1"},
                        new String[] {"ended", "r~5"},
                        new String[] {"ended", "i~" + id},
                        new String[] {"ended", "d~2020-01-01T00:00:00Z~" + id},
                        new String[] {"ended", "e~2020-01-01T00:00:00Z~" + id},
                        new String[] {"ended", "e~2020-01-01T00:00:00Z~" + id + "~1~2"},
                        new String[] {"ended", "e~2020-01-01~" + id + "~1"},
                        new String[] {"ended", "e~+1000000-01-01T00:00:00Z~" + id + "~1"},
                        new String[] {"ended", "e~2020-01-01T00:00:00Z~someone~1"},
                        new String[] {"ended", "e~2020-01-01T00:00:00Z~" + id + "~one"},
                        new String[] {"ended", "e~2020-01-01T00:00:00Z~" + id + "~2147483648"},
                        new String[] {"ended", "e~2020-01-01T00:00:00Z~" + id + "~9223372036854775808"},
                        new String[] {"recorded", "r~x"},
                        new String[] {"recorded", "r~"},
                        new String[] {"recorded", "r~5~6"},
                        new String[] {"recorded", "r~9223372036854775808"})
                .map(each -> new String[] {
                    each[0], Base64.getUrlEncoder().withoutPadding().encodeToString(each[1].getBytes(UTF_8))
                });
    }

    private static void refused(Answer answer, String field) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(400);
        assertThat(answer.header("Content-Type")).startsWith("application/problem+json");
        assertThat(answer.text("code")).isEqualTo("INVALID_REQUEST");
        var fields = new HashSet<String>();
        for (JsonNode error : answer.json().get("errors")) {
            fields.add(error.get("field").asText());
            assertThat(error.get("message").asText()).isNotBlank();
        }
        assertThat(fields).containsExactly(field);
    }

    @Test
    void an_empty_value_counts_as_not_given() throws Exception {
        String owner = "empty-" + UUID.randomUUID();
        Entry.insert(Stores.shared(), List.of(Entry.expired(owner, "it", Instant.parse("2005-01-01T00:00:00Z"))));

        Answer answer = node.admin()
                .get("/v1/blacklist?keyId=&reason=&from=&to=&order=&cursor=&limit=&owner="
                        + URLEncoder.encode(owner, UTF_8));

        assertThat(answer.json().get("items")).hasSize(1);
    }
}
