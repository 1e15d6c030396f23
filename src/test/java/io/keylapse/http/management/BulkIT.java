package io.keylapse.http.management;

import static io.keylapse.harness.Client.quote;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.keylapse.harness.Client.Answer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Changes of many keys in one call. */
class BulkIT extends OneNode {
    private static Answer call(String verb, String body) {
        return admin.post("/v1/keys:" + verb, body);
    }

    private static JsonNode done(String verb, String body) {
        Answer answer = call(verb, body);
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return answer.json();
    }

    private static String ids(String... ids) {
        return List.of(ids).stream().map(id -> "\"" + id + "\"").collect(Collectors.joining(",", "[", "]"));
    }

    private static List<String> outcomes(JsonNode changed) {
        return changed.get("results")
                .valueStream()
                .map(each -> each.get("outcome").asText()
                        + (each.has("code") ? " " + each.get("code").asText() : ""))
                .toList();
    }

    private static String state(String id) {
        return admin.get("/v1/keys/" + id).text("state");
    }

    /** Keys of this owner that are active, expired, revoked, and rotated without grace, in this order. */
    private static List<Answer> oneOfEach(String owner) {
        Answer expired = admin.issue(wish(owner));
        passDeadlinesOf(owner);
        Answer revoked = admin.issue(wish(owner));
        admin.delete("/v1/keys/" + revoked.text("id"));
        Answer rotated = admin.issue(wish(owner));
        admin.post("/v1/keys/" + rotated.text("id") + "/rotate", "{\"grace\":\"PT0S\"}");
        return List.of(admin.issue(wish(owner)), expired, revoked, rotated);
    }

    private static String[] idsOf(List<Answer> keys) {
        return keys.stream().map(key -> key.text("id")).toArray(String[]::new);
    }

    @Test
    void keys_are_revoked_by_id_each_with_its_outcome_in_order() {
        List<Answer> keys = oneOfEach(owner());
        String[] ids = idsOf(keys);
        String body = "{\"ids\":%s,\"reason\":\"leaked\"}"
                .formatted(ids(ids[0], ids[1], ids[2], ids[3], NO_SUCH_KEY, ids[0]));

        JsonNode changed = done("revoke", body);

        assertThat(outcomes(changed)).containsExactly("done", "done", "unchanged", "unchanged", "refused NOT_FOUND");
        assertThat(changed.get("matched").asInt()).isEqualTo(4);
        assertThat(changed.has("next")).isFalse();
        JsonNode first = changed.at("/results/0");
        assertThat(first.get("id").asText()).isEqualTo(ids[0]);
        assertThat(first.get("hint").asText()).isEqualTo(keys.getFirst().text("hint"));
        assertThat(first.at("/before/state").asText()).isEqualTo("active");
        assertThat(first.at("/after/state").asText()).isEqualTo("revoked");
        assertThat(state(ids[0])).isEqualTo("revoked");
        assertThat(state(ids[1])).isEqualTo("revoked");
        assertThat(endingsOf(keys.getFirst()).at("/0/detail").asText()).isEqualTo("leaked");
        assertThat(node.anonymous().check(keys.getFirst().text("key")).header("X-Key-Code"))
                .isEqualTo("KEY_REVOKED");
        assertThat(outcomes(done("revoke", body))).startsWith("unchanged", "unchanged");
    }

    @Test
    void keys_are_renewed_by_id_and_those_that_ended_for_good_are_refused() {
        List<Answer> keys = oneOfEach(owner());
        String[] ids = idsOf(keys);

        JsonNode changed = done("renew", "{\"ids\":%s,\"ttl\":\"P3D\"}".formatted(ids(ids)));

        assertThat(outcomes(changed)).containsExactly("done", "done", "refused KEY_ENDED", "refused KEY_ENDED");
        assertThat(changed.at("/results/1/before/state").asText()).isEqualTo("expired");
        assertThat(changed.at("/results/1/after/state").asText()).isEqualTo("active");
        for (int i : new int[] {0, 1}) {
            assertThat(admin.get("/v1/keys/" + ids[i]).text("expiresAt"))
                    .isEqualTo(changed.at("/results/" + i + "/after/expiresAt").asText())
                    .isGreaterThan(Instant.now().plusSeconds(2 * 86400).toString());
        }
        assertThat(node.anonymous().check(keys.get(1).text("key")).status()).isEqualTo(200);
        assertThat(changed.at("/results/2").has("after")).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"revoke", "renew"})
    void dry_run_foretells_the_outcomes_and_changes_nothing(String verb) {
        String owner = owner();
        oneOfEach(owner);
        String selection =
                "\"filter\":{\"owner\":%s}%s".formatted(quote(owner), verb.equals("renew") ? ",\"ttl\":\"P3D\"" : "");
        JsonNode before = admin.get("/v1/keys?owner=" + owner).json();

        JsonNode foretold = done(verb, "{" + selection + ",\"dryRun\":true}");

        assertThat(admin.get("/v1/keys?owner=" + owner).json()).isEqualTo(before);
        assertThat(foretold.get("matched").asInt()).isEqualTo(5);
        JsonNode changed = done(verb, "{" + selection + ",\"dryRun\":false}");
        assertThat(outcomes(changed)).isEqualTo(outcomes(foretold)).contains("done");
        for (String path : List.of("id", "before")) {
            assertThat(changed.get("results").findValues(path))
                    .isEqualTo(foretold.get("results").findValues(path));
        }
        assertThat(changed.get("results").findValuesAsText("state"))
                .isEqualTo(foretold.get("results").findValuesAsText("state"));
    }

    @ParameterizedTest
    @CsvSource({
        "owner, 4",
        "state=active, 2",
        "scope=write, 1",
        "q=NIGHT, 1",
        "name=ni, 1",
        "expiresTo=2999-01-01T00:00:00Z, 2",
        "expiresBefore=2999-01-01T00:00:00Z, 2",
        "expiresFrom=2999-01-01T00:00:00Z, 0",
        "state=expired, 1",
        "unlimited=true, 0"
    })
    void filter_selects_what_the_list_of_keys_shows(String filter, int count) {
        String owner = owner();
        admin.issue(wish(owner));
        passDeadlinesOf(owner);
        admin.issue("{\"owner\":\"%s\",\"ttl\":\"PT1H\",\"name\":\"night\",\"scopes\":[\"write\"]}".formatted(owner));
        admin.issue(wish(owner));
        admin.delete("/v1/keys/" + admin.issue(wish(owner)).text("id"));
        String field = filter.equals("owner")
                ? ""
                : filter.replaceFirst("(.*)=(.*)", filter.equals("unlimited=true") ? ",\"$1\":$2" : ",\"$1\":\"$2\"");

        JsonNode changed = done("revoke", "{\"dryRun\":true,\"filter\":{\"owner\":\"%s\"%s}}".formatted(owner, field));

        assertThat(changed.get("matched").asInt()).isEqualTo(count);
        assertThat(changed.get("results").findValuesAsText("id"))
                .containsExactlyInAnyOrderElementsOf(
                        idsOf(admin.get("/v1/keys?owner=" + owner + (filter.equals("owner") ? "" : "&" + filter))
                                .json()));
    }

    @Test
    void selection_of_more_than_a_thousand_keys_is_changed_in_several_calls_each_key_once() {
        String owner = owner();
        for (int i = 0; i < 2; i++) {
            String wishes = String.join(",", Collections.nCopies(600, wish(owner)));
            admin.post("/v1/keys:batch", "{\"keys\":[" + wishes + "]}");
        }
        var seen = new ArrayList<String>();
        var matched = new ArrayList<Integer>();
        @Nullable String cursor = "";
        while (cursor != null) {
            // Moves each key in the order of deadlines, so that the next call would meet it again.
            JsonNode changed = done(
                    "renew",
                    "{\"filter\":{\"owner\":\"%s\",\"expiresTo\":\"2999-01-01T00:00:00Z\"},\"ttl\":\"P3D\",\"cursor\":%s}"
                            .formatted(owner, quote(cursor)));
            changed.get("results").forEach(each -> seen.add(each.get("id").asText()));
            matched.add(changed.get("matched").asInt());
            cursor = changed.path("next").asText(null);
            assertThat(changed.get("results").size()).isLessThanOrEqualTo(1000);
        }

        assertThat(seen).hasSize(1200).doesNotHaveDuplicates();
        assertThat(matched.getFirst()).isEqualTo(1200);
        assertThat(matched).isSortedAccordingTo(Collections.reverseOrder()).hasSizeGreaterThan(1);
        assertThat(admin.get("/v1/keys?owner=" + owner + "&limit=500&state=active")
                        .json()
                        .get("items")
                        .findValuesAsText("version"))
                .containsOnly("2");
    }

    @Test
    void cursor_of_ids_continues_after_those_that_were_done() {
        String[] ids = idsOf(List.of(admin.issue(wish(owner())), admin.issue(wish(owner()))));
        String cursor = io.keylapse.registry.sql.page.Cursor.of("n", 1).toString();

        JsonNode changed = done("revoke", "{\"ids\":%s,\"cursor\":\"%s\"}".formatted(ids(ids), cursor));

        assertThat(changed.get("results").findValuesAsText("id")).containsExactly(ids[1]);
        assertThat(state(ids[0])).isEqualTo("active");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {}                                                                                | ids filter
            {"ids":["key_0000000000000000000000"],"filter":{"owner":"x"}}                     | ids filter
            {"ids":[]}                                                                        | ids
            {"ids":["x"]}                                                                     | ids[0]
            {"ids":"x"}                                                                       | ids
            {"filter":{}}                                                                     | filter
            {"filter":[]}                                                                     | filter
            {"filter":{"owner":""}}                                                           | owner
            {"filter":{"owner":" ","state":"active"}}                                         | owner
            {"filter":{"owner":null,"state":"active"}}                                        | owner
            {"filter":{"unlimited":false}}                                                    | unlimited
            {"filter":{"ownr":"x"}}                                                           | ownr
            {"filter":{"cursor":"x"}}                                                         | cursor
            {"filter":{"state":"any"}}                                                        | state
            {"filter":{"state":"active"},"dryRun":"yes"}                                      | dryRun
            {"filter":{"state":"active"},"cursor":"x"}                                        | cursor
            {"ids":["key_0000000000000000000000"],"cursor":"x"}                               | cursor
            {"ids":["key_0000000000000000000000"],"all":true}                                 | all
            """)
    void bad_selection_is_refused_and_nothing_is_changed(String body, String fields) {
        String key = admin.issue(wish(owner())).text("id");

        assertInvalid(call("revoke", body), fields.split(" "));
        assertInvalid(
                call("renew", body.replaceFirst("\\{", "{\"ttl\":\"P1D\",").replace(",}", "}")), fields.split(" "));

        assertThat(state(key)).isEqualTo("active");
    }

    @Test
    void bad_deadline_or_reason_is_refused_before_any_key_is_changed() {
        Answer key = admin.issue(wish(owner()));
        String ids = "\"ids\":" + ids(key.text("id"), key.text("id"));
        assertInvalid(call("renew", "{" + ids + ",\"ttl\":\"P999D\"}"), "ttl");
        assertInvalid(call("renew", "{" + ids + ",\"expiresAt\":\"2000-01-01T00:00:00Z\"}"), "expiresAt");
        assertInvalid(call("renew", "{" + ids + "}"), "ttl");
        assertInvalid(
                call("renew", "{" + ids + ",\"ttl\":\"P1D\",\"expiresAt\":\"2000-01-01T00:00:00Z\"}"),
                "ttl",
                "expiresAt");
        assertInvalid(call("revoke", "{" + ids + ",\"reason\":\"" + "x".repeat(201) + "\"}"), "reason");
        String many = Collections.nCopies(1001, "\"" + key.text("id") + "\"").toString();
        assertInvalid(call("revoke", "{\"ids\":" + many + "}"), "ids");
        assertThat(admin.get("/v1/keys/" + key.text("id")).text("version")).isEqualTo("1");
    }
}
