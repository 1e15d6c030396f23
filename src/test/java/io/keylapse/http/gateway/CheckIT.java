package io.keylapse.http.gateway;

import static io.keylapse.harness.Node.owner;
import static io.keylapse.http.gateway.Refusals.assertInvalidToken;
import static io.keylapse.http.gateway.Refusals.assertRefused;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.key.KeyFormat;
import java.net.URLDecoder;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every outcome of a check, with all headers and the body. */
class CheckIT {
    private static final Duration LONG = Duration.ofDays(1);
    private static final Duration SHORT = Duration.ofSeconds(1);

    private static final Node node = Node.start(
            Stores.shared(),
            Map.of(
                    "keylapse.keys.allow-unlimited",
                    true,
                    "keylapse.gateway.renew-url",
                    "https://renew.example/{owner}?key={keyId}"));

    @Test
    void good_key_is_accepted_with_an_empty_body_and_its_owner() {
        String owner = owner();
        Answer issued = node.admin().issue(owner, LONG);

        Answer answer = check(issued);

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.bytes()).isEmpty();
        assertThat(answer.headers().allValues("X-Consumer-ID")).containsExactly(owner);
        assertThat(answer.headers().allValues("X-Credential-Identifier")).containsExactly(issued.text("id"));
        assertThat(answer.headers().allValues("X-Key-Scopes")).containsExactly("");
        assertThat(answer.headers().allValues("X-Key-Expires-At")).containsExactly(issued.text("expiresAt"));
        assertThat(answer.headers().allValues("Cache-Control")).containsExactly("no-store");
        assertThat(answer.headers().map()).doesNotContainKeys("x-key-code", "www-authenticate", "x-key-id");
    }

    @Test
    void scopes_of_a_valid_key_are_sent_in_one_header() {
        Answer issued = node.admin()
                .issue("{\"owner\":\"%s\",\"name\":\"n\",\"ttl\":\"P1D\",\"scopes\":[\"orders:read\",\"a/b;c,d|e%%f\"]}"
                        .formatted(owner()));

        assertThat(check(issued).headers().allValues("X-Key-Scopes")).containsExactly("orders:read a/b;c,d|e%25f");
    }

    @Test
    void key_that_never_expires_has_no_expiry_header() {
        Answer issued = node.admin().issue("{\"owner\":\"%s\",\"name\":\"n\"}".formatted(owner()));

        Answer answer = check(issued);

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.headers().map()).doesNotContainKey("x-key-expires-at").containsKey("x-key-scopes");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"two words", "100%", "%41", "a+b&c=d", "Zoë", "日本語", "🔑\uD83D\uDE00", "a\u00A0b", "é", "\"q\"\\"
            })
    void owner_outside_visible_ascii_is_percent_encoded(String text) {
        String owner = text + owner();
        Answer issued = node.admin().issue(owner, LONG);

        String header = String.valueOf(check(issued).header("X-Consumer-ID"));

        assertThat(header).matches("[\\x21-\\x7E]+");
        assertThat(URLDecoder.decode(header.replace("+", "%2B"), UTF_8)).isEqualTo(owner);
    }

    @Test
    void percent_encoding_is_that_of_utf_8_in_capital_digits() {
        Answer issued = node.admin().issue("Zoë 100% 🔑", LONG);

        assertThat(check(issued).header("X-Consumer-ID")).isEqualTo("Zo%C3%AB%20100%25%20%F0%9F%94%91");
    }

    @Test
    void request_without_a_key_is_challenged_without_an_error() {
        Answer answer = node.anonymous().get("/check");

        assertRefused(answer, 401, "KEY_MISSING");
        assertThat(answer.headers().allValues("WWW-Authenticate")).containsExactly(Refusals.REALM);
        assertThat(answer.text("instance")).isEqualTo("/check");
    }

    @Test
    void text_without_the_form_or_checksum_of_a_key_is_malformed() {
        String key = new KeyFormat("kl", List.of()).generate().reveal();
        char last = key.charAt(key.length() - 1);
        List<String> malformed = List.of(
                "x",
                "kl_",
                key.substring(1),
                key + "0",
                key.substring(0, key.length() - 1) + (last == '0' ? '1' : '0'),
                key.replaceFirst("kl_", "KL_"),
                key.replaceFirst("kl_", "pk_"),
                key.replace('_', '-'),
                key.substring(0, 20) + " " + key.substring(21),
                "k".repeat(8000));
        for (String text : malformed) {
            Answer answer = node.anonymous().check(text);
            assertInvalidToken(answer, "KEY_MALFORMED");
            assertThat(answer.body()).doesNotContain(text.length() > 2 ? text : "\"x\"");
        }
    }

    @Test
    void caller_that_confuses_the_two_headers_is_told_what_to_write() {
        String key = new KeyFormat("kl", List.of()).generate().reveal();
        Answer doubled = node.anonymous().check("Bearer " + key);
        assertInvalidToken(doubled, "KEY_MALFORMED");
        assertThat(doubled.text("detail")).endsWith("The value begins with Bearer. Send the key alone in this header.");
        assertThat(node.anonymous().check("nonsense").text("detail")).doesNotContain("Bearer");
        for (String value : List.of(key, "ApiKey " + key)) {
            Answer bare = node.anonymous().get("/check", "Authorization", value);
            assertRefused(bare, 401, "KEY_MISSING");
            assertThat(bare.text("detail")).endsWith("Write Bearer and a space before it.");
        }
        assertThat(node.anonymous().get("/check", "Authorization", "Basic eDp5").text("detail"))
                .endsWith("or as Authorization: Bearer.");
    }

    @Test
    void well_formed_key_that_was_never_issued_is_unknown() {
        Answer answer =
                node.anonymous().check(new KeyFormat("kl", List.of()).generate().reveal());

        assertInvalidToken(answer, "KEY_UNKNOWN");
        assertThat(answer.headers().map()).doesNotContainKeys("x-key-id", "x-key-expired-at", "x-key-renew-url");
        assertThat(answer.json().has("keyId")).isFalse();
    }

    @Test
    void expired_key_is_called_expired_with_where_to_renew_it() {
        String owner = "Zoë & co " + owner();
        Answer issued = node.admin().issue(owner, SHORT);

        Answer answer = whenRefused(issued);

        assertInvalidToken(answer, "KEY_EXPIRED");
        String id = issued.text("id");
        String renewUrl = "https://renew.example/Zo%C3%AB%20%26%20co%20" + owner.substring(9) + "?key=" + id;
        assertThat(answer.text("keyId")).isEqualTo(id);
        assertThat(answer.header("X-Key-Id")).isEqualTo(id);
        assertThat(answer.text("expiredAt")).isEqualTo(issued.text("expiresAt"));
        assertThat(answer.header("X-Key-Expired-At")).isEqualTo(issued.text("expiresAt"));
        assertThat(answer.text("renewUrl")).isEqualTo(renewUrl);
        assertThat(answer.header("X-Key-Renew-Url")).isEqualTo(renewUrl.replace("%", "%25"));
        assertThat(answer.text("detail")).contains("expired", issued.text("expiresAt"), renewUrl);
    }

    @Test
    void expired_key_stays_expired_after_it_is_recorded_and_is_good_again_when_renewed() {
        String owner = owner();
        Answer issued = node.admin().issue(owner, SHORT);
        await().atMost(10, SECONDS)
                .until(() -> node.admin()
                                .get("/v1/blacklist?owner=" + owner)
                                .json()
                                .get("items")
                                .size()
                        == 1);
        assertInvalidToken(check(issued), "KEY_EXPIRED");

        node.admin().post("/v1/keys/" + issued.text("id") + "/renew", "{\"ttl\":\"P1D\"}");

        assertThat(check(issued).status()).isEqualTo(200);
    }

    @Test
    void revoked_key_is_refused_at_once() {
        Answer issued = node.issue(LONG);
        assertThat(check(issued).status()).isEqualTo(200);

        Answer revoked = node.admin().post("/v1/keys/" + issued.text("id") + "/revoke", "{\"reason\":\"leaked\"}");

        assertRevoked(check(issued), revoked);
    }

    @Test
    void every_key_of_a_revoked_owner_is_refused_at_once() {
        String owner = owner();
        List<Answer> issued =
                List.of(node.admin().issue(owner, LONG), node.admin().issue(owner, LONG));

        node.admin().post("/v1/owners/" + owner + "/revoke", "{\"reason\":\"left\"}");

        issued.forEach(each -> assertInvalidToken(check(each), "KEY_REVOKED"));
    }

    @Test
    void key_revoked_after_it_expired_is_revoked() {
        Answer issued = node.issue(SHORT);
        assertInvalidToken(whenRefused(issued), "KEY_EXPIRED");

        Answer revoked = node.admin().delete("/v1/keys/" + issued.text("id"));

        assertRevoked(check(issued), revoked);
    }

    @Test
    void key_rotated_without_a_grace_is_refused_at_once_and_its_successor_accepted() {
        Answer issued = node.issue(LONG);

        Answer successor = rotate(issued, "PT0S");

        assertRotated(check(issued), issued, successor);
        assertThat(check(successor).status()).isEqualTo(200);
    }

    @Test
    void rotated_key_is_accepted_until_its_grace_ends() {
        Answer issued = node.issue(LONG);

        Answer successor = rotate(issued, "PT5S");

        Answer inGrace = check(issued);
        assertThat(inGrace.status()).isEqualTo(200);
        Answer shown = node.admin().get("/v1/keys/" + issued.text("id"));
        assertThat(inGrace.header("X-Key-Expires-At")).isEqualTo(shown.text("expiresAt"));
        assertRotated(whenRefused(issued), issued, successor);
    }

    @Test
    void good_key_without_a_demanded_scope_is_forbidden() {
        Answer issued = node.admin()
                .issue("{\"owner\":\"%s\",\"name\":\"n\",\"ttl\":\"P1D\",\"scopes\":[\"read\"]}".formatted(owner()));

        Answer answer = node.anonymous().get("/check?scope=read&scope=write", "X-API-Key", issued.text("key"));

        assertRefused(answer, 403, "SCOPE_MISSING");
        assertThat(answer.headers().allValues("WWW-Authenticate"))
                .containsExactly(Refusals.REALM + ", error=\"insufficient_scope\", scope=\"read write\"");
        assertThat(answer.header("X-Key-Id")).isEqualTo(issued.text("id"));
        assertThat(answer.text("keyId")).isEqualTo(issued.text("id"));
    }

    private static void assertRevoked(Answer answer, Answer revoked) {
        assertInvalidToken(answer, "KEY_REVOKED");
        assertThat(answer.text("keyId")).isEqualTo(revoked.text("id"));
        assertThat(answer.header("X-Key-Id")).isEqualTo(revoked.text("id"));
        assertThat(answer.text("endedAt")).isEqualTo(revoked.text("endedAt")).isNotNull();
        assertThat(answer.json().has("successorId")).isFalse();
    }

    private static void assertRotated(Answer answer, Answer old, Answer successor) {
        assertInvalidToken(answer, "KEY_ROTATED");
        Answer shown = node.admin().get("/v1/keys/" + old.text("id"));
        assertThat(answer.text("keyId")).isEqualTo(old.text("id"));
        assertThat(answer.header("X-Key-Id")).isEqualTo(old.text("id"));
        assertThat(answer.text("endedAt")).isEqualTo(shown.text("endedAt")).isNotNull();
        assertThat(answer.text("successorId")).isEqualTo(successor.text("id"));
    }

    private static Answer rotate(Answer issued, String grace) {
        return node.admin().post("/v1/keys/" + issued.text("id") + "/rotate", "{\"grace\":\"%s\"}".formatted(grace));
    }

    private static Answer check(Answer issued) {
        return node.anonymous().check(issued.text("key"));
    }

    private static Answer whenRefused(Answer issued) {
        return await().atMost(10, SECONDS).until(() -> check(issued), answer -> answer.status() != 200);
    }
}
