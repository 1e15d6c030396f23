package io.keylapse.http.management;

import static io.keylapse.harness.Client.quote;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.keylapse.harness.Client.Answer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class OwnersIT extends OneNode {
    private final String run = UUID.randomUUID().toString();

    private static List<String> namesOf(Answer page) {
        return page.json().get("items").findValuesAsText("owner");
    }

    @Test
    void each_owner_is_listed_once_page_by_page_whatever_a_part_of_the_name_is() {
        var expected = new ArrayList<String>();
        for (String name : List.of("a~b", "b/c?d=%", "c\"ü😀")) {
            String owner = run + name;
            admin.issue(wish(owner));
            admin.issue(wish(owner));
            expected.add(owner);
        }

        var seen = new ArrayList<String>();
        String cursor = "";
        while (cursor != null) {
            Answer page = admin.get("/v1/owners?limit=1&q=" + run.toUpperCase(Locale.ROOT) + "&cursor=" + cursor);
            assertThat(page.status()).as(page.body()).isEqualTo(200);
            seen.addAll(namesOf(page));
            cursor = page.text("next");
        }

        assertThat(seen).isEqualTo(expected);
        assertThat(namesOf(admin.get("/v1/owners?q=" + encode("Ü😀") + "&limit=500")))
                .contains(expected.getLast());
        assertThat(namesOf(admin.get("/v1/owners?q=" + run + "x"))).isEmpty();
    }

    @Test
    void all_owners_are_listed_without_a_filter() {
        String owner = owner();
        admin.issue(wish(owner));
        var seen = new ArrayList<String>();
        String cursor = "";
        while (cursor != null) {
            Answer page = admin.get("/v1/owners?limit=500&cursor=" + cursor);
            seen.addAll(namesOf(page));
            cursor = page.text("next");
        }
        assertThat(seen).contains(owner).doesNotHaveDuplicates();
    }

    @Test
    void owner_has_its_keys_counted_by_the_state_they_are_in_now_and_the_next_deadline() {
        String owner = "a b/" + owner();
        admin.issue(wish(owner));
        passDeadlinesOf(owner);
        String late = admin.issue("{\"owner\":%s,\"ttl\":\"PT5H\"}".formatted(quote(owner)))
                .text("expiresAt");
        Answer soon = admin.issue(wish(owner));
        admin.delete("/v1/keys/" + admin.issue(wish(owner)).text("id"));
        Answer rotated = admin.issue(wish(owner));
        admin.post("/v1/keys/" + rotated.text("id") + "/rotate", "{\"grace\":\"PT0S\",\"ttl\":\"PT9H\"}");

        JsonNode found = admin.get("/v1/owners/" + encode(owner)).json();

        assertThat(found.get("owner").asText()).isEqualTo(owner);
        assertThat(found.get("keys").toString()).isEqualTo("{\"active\":3,\"expired\":1,\"revoked\":1,\"rotated\":1}");
        assertThat(found.get("exact").asBoolean()).isTrue();
        assertThat(found.get("nextExpiry").asText()).isEqualTo(soon.text("expiresAt"));
        JsonNode last = found.get("lastNotice");
        assertThat(last.get("type").asText()).isIn("api_key.rotated", "api_key.expired");

        admin.delete("/v1/keys/" + soon.text("id"));
        JsonNode listed = admin.get("/v1/owners?q=" + encode(owner)).json().at("/items/0");
        assertThat(listed.get("keys").toString()).isEqualTo("{\"active\":2}");
        assertThat(listed.get("nextExpiry").asText()).isEqualTo(late);
    }

    private Answer exported(String type, String query) {
        return admin.send("GET", "/v1/owners?" + query, null, "Accept", type);
    }

    @Test
    void owners_are_exported_as_the_objects_of_pages_one_a_line() throws Exception {
        for (int i = 0; i < 3; i++) {
            admin.issue(wish(run + i));
        }

        Answer lines = exported("application/x-ndjson", "limit=1&q=" + run.toUpperCase(Locale.ROOT));

        assertThat(lines.header("Content-Disposition")).isEqualTo("attachment; filename=\"owners.ndjson\"");
        var items = new ArrayList<JsonNode>();
        for (String line : lines.body().lines().toList()) {
            items.add(new ObjectMapper().readTree(line));
        }
        assertThat(items)
                .hasSize(3)
                .isEqualTo(admin.get("/v1/owners?q=" + run)
                        .json()
                        .get("items")
                        .valueStream()
                        .toList());
        assertThat(exported("application/x-ndjson", "q=" + owner()).bytes()).isEmpty();
    }

    @Test
    void owners_are_exported_as_csv_that_runs_nothing_in_a_spreadsheet() {
        String owner = "=1+1 " + run;
        Answer key = admin.issue(wish(owner));

        Answer csv = exported("text/csv", "q=" + run);

        assertThat(csv.header("Content-Disposition")).isEqualTo("attachment; filename=\"owners.csv\"");
        assertThat(csv.body())
                .isEqualTo("owner,active,exact,nextExpiry\r\n\"'%s\",\"1\",\"true\",\"%s\"\r\n"
                        .formatted(owner, key.text("expiresAt")));
    }

    @Test
    void an_export_of_owners_goes_on_beyond_a_page_from_its_cursor_on() {
        sql(
                "INSERT INTO api_key (id, digest, owner, name, hint, scopes, metadata, state, end_reason, version,"
                        + " issued_at, ended_at, lifetime_ms) SELECT gen_random_uuid(), sha256((? || i)::bytea),"
                        + " ? || lpad(i::text, 3, '0'), '', '', '{}', '{}', 'revoked', 'expired', 1, now(), now(), 1"
                        + " FROM generate_series(1, 250) i",
                run,
                run);
        Answer first = admin.get("/v1/owners?limit=10&q=" + run);

        assertThat(exported("text/csv", "q=" + run).body().lines()).hasSize(251);
        assertThat(exported("text/csv", "q=" + run + "&cursor=" + first.text("next"))
                        .body()
                        .lines())
                .hasSize(241)
                .contains("\"" + run + "011\",\"0\",\"true\",");
        assertInvalid(exported("text/csv", "cursor=aX5hYQ"), "cursor");
        assertThat(admin.send("GET", "/v1/owners", null, "Accept", "text/html").status())
                .isEqualTo(406);
    }

    @Test
    void owner_without_keys_is_not_found_and_bad_input_is_refused() {
        assertProblem(admin.get("/v1/owners/" + owner()), 404, "NOT_FOUND");
        assertInvalid(admin.get("/v1/owners/%20"), "owner");
        assertInvalid(admin.get("/v1/owners?q=a%00"), "q");
        assertInvalid(admin.get("/v1/owners?limit=501"), "limit");
        assertInvalid(admin.get("/v1/owners?cursor=aX5hYQ"), "cursor");
        assertInvalid(admin.get("/v1/owners?cursor=d34q"), "cursor");
    }
}
