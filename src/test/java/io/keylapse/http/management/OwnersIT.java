package io.keylapse.http.management;

import static io.keylapse.harness.Client.quote;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
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
