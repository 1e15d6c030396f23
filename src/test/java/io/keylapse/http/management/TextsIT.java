package io.keylapse.http.management;

import static io.keylapse.harness.Client.quote;
import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.harness.Client.Answer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The characters of owners and names: new ones follow the rules; older ones can still be found, changed and revoked.
 */
class TextsIT extends OneNode {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "%s ",
                " %s",
                "%s\u00A0",
                "\u3000%s",
                "%s\u2009",
                "x\u00AD%s",
                "\u200B%s",
                "%s\u202Ex",
                "%s\uFEFF",
                "x\u2066%s"
            })
    void new_owner_or_name_with_hidden_characters_is_refused_at_every_door(String pattern) {
        String owner = owner();
        String hidden = pattern.formatted(owner);
        Answer key = admin.issue(wish(owner));

        assertInvalid(admin.post("/v1/keys", wish(hidden)), "owner");
        assertInvalid(
                admin.post(
                        "/v1/keys",
                        "{\"owner\":%s,\"name\":%s,\"ttl\":\"PT1H\"}".formatted(quote(owner), quote(hidden))),
                "name");
        Answer batch = admin.post("/v1/keys:batch", "{\"keys\":[%s]}".formatted(wish(hidden)));
        assertThat(batch.body()).contains("INVALID_REQUEST", "\"owner\"");
        assertInvalid(admin.patch("/v1/keys/" + key.text("id"), "{\"name\":%s}".formatted(quote(hidden))), "name");
        assertInvalid(
                admin.post("/v1/management-keys", "{\"name\":%s,\"role\":\"check\"}".formatted(quote(hidden))), "name");
        assertThat(keysOf(hidden)).isEmpty();
        assertThat(keysOf(owner)).containsExactly(key.text("id"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\u200Cb", "a\u200Db", "👩\u200D🚀", "❤\uFE0F", "葛\uDB40\uDD00"})
    void joiners_and_variation_selectors_are_for_names_and_not_for_owners(String text) {
        String owner = owner();
        Answer key = admin.issue("{\"owner\":%s,\"name\":%s,\"ttl\":\"PT1H\"}".formatted(quote(owner), quote(text)));
        assertThat(key.text("name")).isEqualTo(text);
        assertInvalid(admin.post("/v1/keys", wish(owner + text)), "owner");
    }

    /** Patterns, because each test needs different owners. */
    static Stream<String> older() {
        return Stream.of("%s ", " %s", "  %s  ", "%s\u00A0", "\u200B%s", "%s\u200D", "%s\u202E", "\uFEFF%s\uFEFF");
    }

    @ParameterizedTest
    @MethodSource("older")
    void older_owner_is_found_and_revoked_apart_from_the_one_that_looks_like_it(String pattern) throws Exception {
        String owner = owner();
        String older = pattern.formatted(owner);
        Answer key = storedUnder(older, "n");
        Answer other = admin.issue(wish(owner));

        assertThat(keysOf(older)).containsExactly(key.text("id"));
        Answer rotated = admin.post("/v1/keys/" + key.text("id") + "/rotate", "{\"grace\":\"PT0S\"}");
        assertThat(rotated.text("owner")).isEqualTo(older);
        Answer revoked = admin.post("/v1/owners/" + encode(older) + "/revoke", "{}");

        assertThat(revoked.json().path("revoked").asInt()).isEqualTo(1);
        assertThat(admin.get("/v1/keys/" + rotated.text("id")).text("state")).isEqualTo("revoked");
        assertThat(admin.get("/v1/keys/" + other.text("id")).text("state")).isEqualTo("active");
        for (String list : new String[] {"/v1/blacklist?owner=", "/v1/notices?owner="}) {
            assertThat(admin.get(list + encode(older)).json().path("items"))
                    .as(list)
                    .hasSize(2)
                    .allSatisfy(item -> assertThat(item.path("owner").asText()).isEqualTo(older));
        }
        assertThat(admin.get("/v1/blacklist/stats?owner=" + encode(older)).status())
                .isEqualTo(200);
        assertThat(admin.get("/v1/webhooks?owner=" + encode(older)).status()).isEqualTo(200);
    }

    @ParameterizedTest
    @MethodSource("older")
    void change_does_not_judge_what_it_leaves_as_it_was(String pattern) throws Exception {
        String older = pattern.formatted(owner());
        Answer key = storedUnder(older, older);
        sql("UPDATE api_key SET contact_email = 'a,b@c', contact_language = '?' WHERE owner = ?", older);
        String path = "/v1/keys/" + key.text("id");

        Answer changed = admin.patch(path, "{\"scopes\":[\"read\"]}");

        assertThat(changed.status()).as(changed.body()).isEqualTo(200);
        assertThat(changed.text("name")).isEqualTo(older);
        assertThat(changed.json().at("/contact/email").asText()).isEqualTo("a,b@c");
        assertInvalid(admin.patch(path, "{\"contact\":{\"email\":\"a,b@d\"}}"), "contact.email");
        assertThat(admin.get("/v1/keys?name=" + encode(older)).json().path("items"))
                .extracting(item -> item.path("id").asText())
                .containsExactly(key.text("id"));
        assertThat(admin.patch(path, "{\"name\":\"new\"}").text("name")).isEqualTo("new");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a@example.com ",
                "\u00A0a@example.com",
                "a\u200B@example.com",
                "a@exam\u00ADple.com",
                "a@b@example.com",
                "<a@example.com>",
                "\"a\"@example.com",
                "a@[127.0.0.1]",
                "a@example.com,b@example.com",
                "a@straße.example",
                "a@example..com",
                "a@.example",
                "jörg@example.com"
            })
    void address_that_mail_cannot_be_sent_to_is_refused_at_every_door(String address) {
        String owner = owner();
        Answer key = admin.issue(wish(owner));
        String contact = "\"contact\":{\"email\":%s}".formatted(quote(address));
        String wanted = "{\"owner\":%s,\"ttl\":\"PT1H\",%s}".formatted(quote(owner), contact);

        assertInvalid(admin.post("/v1/keys", wanted), "contact.email");
        assertThat(admin.post("/v1/keys:batch", "{\"keys\":[" + wanted + "]}").body())
                .contains("contact.email");
        assertInvalid(admin.patch("/v1/keys/" + key.text("id"), "{" + contact + "}"), "contact.email");
        assertThat(keysOf(owner)).containsExactly(key.text("id"));
    }

    /** Stores a key as an older version did. */
    private static Answer storedUnder(String owner, String name) throws Exception {
        String now = owner();
        Answer key = admin.issue(wish(now));
        sql("UPDATE api_key SET owner = ?, name = ? WHERE owner = ?", owner, name, now);
        return key;
    }
}
