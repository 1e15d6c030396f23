package io.keylapse.http.management;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.keylapse.harness.Client.Answer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Keys found by what an admin knows of them. */
class KeySearchIT extends OneNode {
    private final String run = UUID.randomUUID().toString();

    private Answer named(String owner, String name) {
        return admin.issue("{\"owner\":\"%s\",\"name\":\"%s\",\"ttl\":\"PT1H\"}".formatted(owner, name));
    }

    private static List<String> found(String query) {
        return idsOf(admin.get("/v1/keys?" + query).json());
    }

    @Test
    void keys_are_found_by_how_their_names_begin_page_by_page_in_the_order_of_names() {
        String owner = owner();
        var expected = new ArrayList<String>();
        for (String name : List.of("a", "b", "b", "c")) {
            expected.add(named(owner, run + name).text("id"));
        }
        named(owner, "other " + run);

        var found = new ArrayList<String>();
        String cursor = "";
        while (cursor != null) {
            Answer page = admin.get("/v1/keys?limit=1&name=" + run + "&cursor=" + cursor);
            found.addAll(idsOf(page.json()));
            cursor = page.text("next");
        }

        assertThat(found).isEqualTo(expected);
    }

    @Test
    void name_is_taken_as_it_is() {
        String owner = owner();
        String odd = named(owner, "100%_\u00fc'" + run).text("id");
        named(owner, "100xy\u00fc'" + run);

        assertThat(found("name=" + encode("100%_\u00fc'" + run))).containsExactly(odd);
        assertThat(found("owner=" + owner + "&name=" + encode("100%_"))).containsExactly(odd);
        assertThat(found("owner=" + owner + "&name=%25")).isEmpty();
    }

    @Test
    void key_is_found_by_its_hint_and_in_the_state_it_is_in_now() throws Exception {
        String owner = owner();
        Answer key = named(owner, run);
        String hint = encode(key.text("hint"));
        assertThat(found("hint=" + hint)).contains(key.text("id"));
        assertThat(found("hint=" + hint + "&state=active&owner=" + owner)).containsExactly(key.text("id"));
        assertThat(found("hint=" + hint + "&owner=" + owner())).isEmpty();

        passDeadlinesOf(owner);

        assertThat(found("name=" + run + "&state=active")).isEmpty();
        assertThat(found("name=" + run + "&state=expired")).containsExactly(key.text("id"));
    }

    @ParameterizedTest
    @CsvSource({
        "name, M\u00fcller-Prod, m\u00dcLLER-p",
        "name, M\u00fcller-Prod, LER-PRO",
        "name, 100%_.*[x]\\, %_.*[X]\\",
        "name, \u0395\u03bb\u03bb\u03ac\u03b4\u03b1, \u03b5\u039b\u039b",
        "owner, Acme Inc, aCME i",
        "owner, (ops)+$1^|, (OPS)+$1^|"
    })
    void key_is_found_by_any_part_of_its_texts_in_any_case(String field, String text, String part) {
        String owner = field.equals("owner") ? text + run : owner();
        String id = named(owner, field.equals("name") ? text.replace("\\", "\\\\") + run : "other")
                .text("id");

        assertThat(found("limit=500&q=" + encode(part))).contains(id);
        assertThat(found("owner=" + encode(owner) + "&q=" + encode(part))).containsExactly(id);
        assertThat(found("owner=" + encode(owner) + "&state=active&q=" + encode(part)))
                .containsExactly(id);
        assertThat(found("owner=" + encode(owner) + "&state=expired&q=" + encode(part)))
                .isEmpty();
        assertThat(found("owner=" + encode(owner) + "&q=" + encode(part + "."))).isEmpty();
    }

    @Test
    void a_part_does_not_reach_from_one_text_into_the_next() {
        String owner = owner();
        named(owner, "begin");

        assertThat(found("q=" + owner + "begin")).isEmpty();
    }

    @Test
    void key_is_found_by_its_id_its_whole_text_and_a_part_of_its_hint() {
        Answer key = named(owner(), run);
        String id = key.text("id");
        String hint = key.text("hint");

        assertThat(found("q=" + id)).containsExactly(id);
        assertThat(found("q=%20" + key.text("key") + "%20")).containsExactly(id);
        assertThat(found("q=" + key.text("key") + "&state=revoked")).isEmpty();
        assertThat(found("q=" + id + "&owner=" + owner())).isEmpty();
        assertThat(found("q=" + hint.substring(hint.length() - 4).toLowerCase(Locale.ROOT) + "&name=" + run))
                .containsExactly(id);
        assertThat(found("q=" + NO_SUCH_KEY)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "state=active, 3210",
        "sort=-issuedAt, 3210",
        "sort=issuedAt, 0123",
        "state=active&sort=issuedAt, 0123",
        "state=active&sort=expiresAt, 2013",
        "state=active&sort=-expiresAt, 3102",
        "expiresFrom=2000-01-01T00:00:00Z&sort=expiresAt, 20",
        "expiresTo=2999-01-01T00:00:00Z&sort=-expiresAt, 02"
    })
    void keys_are_sorted_by_issue_or_by_deadline_page_by_page(String query, String expected) {
        String owner = owner();
        var issued = new ArrayList<String>();
        for (String lifetime : List.of("PT4H", "P300D", "PT3H", "P300D")) {
            issued.add(admin.issue("{\"owner\":\"%s\",\"ttl\":\"%s\"}".formatted(owner, lifetime))
                    .text("id"));
        }
        sql("UPDATE api_key SET expires_at = NULL, lifetime_ms = NULL WHERE owner = ? AND lifetime_ms > 1e9", owner);

        var found = new StringBuilder();
        String cursor = "";
        while (cursor != null) {
            Answer page = admin.get("/v1/keys?limit=1&owner=" + owner + "&" + query + "&cursor=" + cursor);
            idsOf(page.json()).forEach(id -> found.append(issued.indexOf(id)));
            cursor = page.text("next");
        }

        assertThat(found).hasToString(expected);
        assertThat(exported("text/csv", "owner=" + owner + "&" + query)
                        .body()
                        .lines()
                        .skip(1)
                        .map(line -> "" + issued.indexOf(line.substring(1, line.indexOf("\","))))
                        .collect(java.util.stream.Collectors.joining()))
                .isEqualTo(expected);
    }

    @Test
    void keys_are_found_by_a_range_of_deadlines_soonest_first_page_by_page() {
        String owner = owner();
        var issued = new ArrayList<Answer>();
        for (int hours : new int[] {4, 2, 3, 5}) {
            issued.add(admin.issue("{\"owner\":\"%s\",\"ttl\":\"PT%dH\"}".formatted(owner, hours)));
        }
        String from = issued.get(1).text("expiresAt");
        String to = issued.get(3).text("expiresAt");

        var found = new ArrayList<String>();
        String cursor = "";
        while (cursor != null) {
            Answer page = admin.get("/v1/keys?limit=1&owner=" + owner + "&expiresFrom=" + from + "&expiresTo=" + to
                    + "&cursor=" + cursor);
            found.addAll(idsOf(page.json()));
            cursor = page.text("next");
        }

        assertThat(found)
                .containsExactly(
                        issued.get(1).text("id"),
                        issued.get(2).text("id"),
                        issued.get(0).text("id"));
        assertThat(found("owner=" + owner + "&expiresFrom=" + to))
                .containsExactly(issued.get(3).text("id"));
        assertThat(found("owner=" + owner + "&expiresFrom=2000-01-01T00:00:00Z&expiresTo=" + from))
                .isEmpty();
    }

    @Test
    void keys_without_a_deadline_and_those_with_a_scope_are_found() {
        String owner = owner();
        var unlimited = new ArrayList<String>();
        for (int i = 0; i < 3; i++) {
            unlimited.addFirst(named(owner, "endless").text("id"));
        }
        sql("UPDATE api_key SET expires_at = NULL, lifetime_ms = NULL WHERE owner = ?", owner);
        Answer revoked = named(owner, "revoked");
        sql("UPDATE api_key SET expires_at = NULL, lifetime_ms = NULL WHERE owner = ?", owner);
        admin.delete("/v1/keys/" + revoked.text("id"));
        String scoped = admin.issue(
                        "{\"owner\":\"%s\",\"ttl\":\"PT1H\",\"scopes\":[\"read\",\"orders:write\"]}".formatted(owner))
                .text("id");

        Answer first = admin.get("/v1/keys?limit=2&unlimited=true&owner=" + owner);
        assertThat(idsOf(first.json())).isEqualTo(unlimited.subList(0, 2));
        assertThat(found("limit=2&unlimited=true&owner=" + owner + "&cursor=" + first.text("next")))
                .isEqualTo(unlimited.subList(2, 3));
        assertThat(found("owner=" + owner + "&scope=orders:write")).containsExactly(scoped);
        assertThat(found("owner=" + owner + "&state=active&scope=read")).containsExactly(scoped);
        assertThat(found("owner=" + owner + "&scope=orders")).isEmpty();
        assertThat(found("limit=500&unlimited=true")).containsAll(unlimited).doesNotContain(scoped);
        assertThat(found("unlimited=true&q=" + unlimited.getFirst())).containsExactly(unlimited.getFirst());
        assertThat(found("unlimited=true&q=" + revoked.text("id"))).isEmpty();
    }

    @Test
    void name_and_hint_narrow_a_range_of_deadlines() {
        String owner = owner();
        Answer key = named(owner, run);
        named(owner, "other");

        assertThat(found("name=" + run + "&expiresTo=2999-01-01T00:00:00Z")).containsExactly(key.text("id"));
        assertThat(found("owner=" + owner + "&expiresBefore=2999-01-01T00:00:00Z&hint=" + encode(key.text("hint"))))
                .containsExactly(key.text("id"));
    }

    @Test
    void what_cannot_be_asked_for_together_is_refused() {
        assertInvalid(admin.get("/v1/keys?name=a%00"), "name");
        assertInvalid(
                admin.get("/v1/keys?expiresBefore=2030-01-01T00:00:00Z&expiresTo=2030-01-01T00:00:00Z"),
                "expiresBefore");
        assertInvalid(
                admin.get("/v1/keys?expiresFrom=2030-01-01T00:00:01Z&expiresTo=2030-01-01T00:00:00Z"), "expiresFrom");
        assertInvalid(admin.get("/v1/keys?expiresFrom=2030-01-01T00:00:00Z&state=expired"), "state");
        assertInvalid(admin.get("/v1/keys?expiresFrom=2030-01-01T00:00:00Z&unlimited=true"), "unlimited");
        assertInvalid(admin.get("/v1/keys?unlimited=yes"), "unlimited");
        for (String sort : List.of(
                "sort=name",
                "sort=expiresAt",
                "sort=expiresAt&state=revoked",
                "sort=issuedAt&unlimited=true",
                "sort=issuedAt&name=a",
                "sort=issuedAt&expiresTo=2030-01-01T00:00:00Z")) {
            assertInvalid(admin.get("/v1/keys?" + sort), "sort");
        }
        assertInvalid(admin.get("/v1/keys?q=" + "a".repeat(201)), "q");
        String cursor = admin.get("/v1/keys?limit=1").text("next");
        if (cursor != null) {
            for (String list : List.of(
                    "name=a",
                    "unlimited=true",
                    "expiresFrom=2030-01-01T00:00:00Z",
                    "sort=issuedAt",
                    "state=active&sort=expiresAt")) {
                assertInvalid(admin.get("/v1/keys?" + list + "&cursor=" + cursor), "cursor");
            }
        }
    }

    private static Answer exported(String type, String query) {
        Answer answer = admin.get("/v1/keys?" + query, "Accept", type);
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.header("Content-Type")).startsWith(type);
        return answer;
    }

    @Test
    void selection_of_keys_is_exported_as_the_objects_of_pages_one_a_line() throws Exception {
        String owner = owner();
        var expected = new ArrayList<JsonNode>();
        var json = new ObjectMapper();
        for (int i = 0; i < 2; i++) {
            String key = admin.issue("""
                    {"owner":"%s","name":"\ud83d\ude00","ttl":"PT1H","scopes":["a","b"],"metadata":{"n":[1.50]},"leadTimes":["PT5M"],
                     "contact":{"email":"ops@example.org","language":"de"}}""".formatted(owner)).text("id");
            expected.addFirst(admin.get("/v1/keys/" + key).json());
        }
        named(owner(), "not selected");

        Answer lines = exported("application/x-ndjson", "limit=1&owner=" + owner);

        assertThat(lines.header("Content-Disposition")).isEqualTo("attachment; filename=\"keys.ndjson\"");
        assertThat(lines.body()).endsWith("\n");
        var read = new ArrayList<JsonNode>();
        for (String line : lines.body().lines().toList()) {
            read.add(json.readTree(line));
        }
        assertThat(read).isEqualTo(expected);
        assertThat(exported("application/x-ndjson", "owner=" + owner()).bytes()).isEmpty();
    }

    @Test
    void selection_of_keys_is_exported_as_csv_that_runs_nothing_in_a_spreadsheet() {
        String owner = "=" + owner();
        Answer key = admin.issue("""
                {"owner":"%s","name":"+1","ttl":"PT1H","scopes":["a","b"],"metadata":{"a":"x,y"},
                 "contact":{"email":"-a@example.org"}}""".formatted(owner));

        Answer csv = exported("text/csv", "q=" + encode(owner));

        assertThat(csv.header("Content-Disposition")).isEqualTo("attachment; filename=\"keys.csv\"");
        String row =
                "\"%s\",\"'%s\",\"'+1\",\"%s\",\"active\",\"a b\",\"{\"\"a\"\":\"\"x,y\"\"}\",\"'-a@example.org\",,,\"%s\",\"%s\",,,,\"1\",\"PT1H\",,,,"
                        .formatted(
                                key.text("id"), owner, key.text("hint"), key.text("issuedAt"), key.text("expiresAt"));
        // The last column is empty until the first node has recorded uses.
        assertThat(csv.body().replaceFirst("\"[^\"]*\"\r\n$", "\r\n"))
                .isEqualTo(
                        "id,owner,name,hint,state,scopes,metadata,email,language,leadTimes,issuedAt,expiresAt,endedAt,"
                                + "predecessorId,successorId,version,lifetime,lastUsedAt,lastRefusedAt,refusedCount,"
                                + "usageKnownSince\r\n" + row + "\r\n");
    }

    @Test
    void an_export_of_keys_goes_on_beyond_a_page() {
        String owner = owner();
        String wish = wish(owner);
        String wishes = String.join(",", Collections.nCopies(600, wish));
        assertThat(admin.post("/v1/keys:batch", "{\"keys\":[" + wishes + "]}").status())
                .isEqualTo(200);

        for (String query : List.of("", "&state=active", "&expiresTo=2999-01-01T00:00:00Z", "&q=" + owner)) {
            assertThat(exported("application/x-ndjson", "owner=" + owner + query)
                            .body()
                            .lines()
                            .distinct())
                    .hasSize(600);
        }
    }
}
