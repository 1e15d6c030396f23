package io.keylapse.http.management;

import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.harness.Client.Answer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Keys found by the beginning of their name, or by their hint. */
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

    @Test
    void what_cannot_be_asked_for_together_is_refused() {
        assertInvalid(admin.get("/v1/keys?name=a&expiresBefore=2030-01-01T00:00:00Z"), "expiresBefore");
        assertInvalid(admin.get("/v1/keys?name=a%00"), "name");
        String cursor = admin.get("/v1/keys?limit=1").text("next");
        if (cursor != null) {
            assertInvalid(admin.get("/v1/keys?name=a&cursor=" + cursor), "cursor");
        }
    }
}
