package io.keylapse.http.gateway;

import static io.keylapse.harness.Node.owner;
import static io.keylapse.http.gateway.Refusals.assertInvalidToken;
import static io.keylapse.http.gateway.Refusals.assertRefused;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where in a request a key is accepted, and where not. */
class CheckPresentationIT {
    private static final String JWT = "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln";

    private static final Node node = Node.shared();
    private static final Node configured = Node.start(
            Stores.shared(),
            Map.of(
                    "keylapse.gateway.key-header", "X-Acme-Key",
                    "keylapse.gateway.scopes-header", "X-Acme-Scopes",
                    "keylapse.gateway.query-parameter", "api_key"));
    private static final String owner = owner();
    private static final String key =
            node.admin().issue(owner, Duration.ofDays(1)).text("key");
    private static final String other =
            node.admin().issue(owner, Duration.ofDays(1)).text("key");

    @Test
    void key_is_read_from_its_own_header_whatever_its_case_and_spaces_around() {
        assertAccepted(check("x-api-key", key));
        assertAccepted(check("X-API-KEY", "  " + key + " "));
    }

    @ParameterizedTest
    @ValueSource(strings = {"Bearer ", "bearer ", "BEARER ", "bEaReR    "})
    void key_is_read_from_a_bearer_of_any_case_and_spacing(String scheme) {
        assertAccepted(check("Authorization", scheme + key));
    }

    @Test
    void empty_value_is_no_key() {
        for (String empty : new String[] {"", " ", "   "}) {
            assertRefused(check("X-API-Key", empty), 401, "KEY_MISSING");
            assertRefused(check("Authorization", "Bearer " + empty), 401, "KEY_MISSING");
            assertAccepted(check("X-API-Key", empty, "Authorization", "Bearer " + key));
            assertAccepted(check("X-API-Key", key, "Authorization", "Bearer " + empty));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"Basic dXNlcjpwYXNz", "Digest username=\"x\"", "Bearer", "", "Bearerkl_x"})
    void authorization_that_is_not_bearer_is_ignored(String authorization) {
        assertRefused(check("Authorization", authorization), 401, "KEY_MISSING");
        assertAccepted(check("Authorization", authorization, "X-API-Key", key));
    }

    @Test
    void key_itself_is_no_authorization_without_its_scheme() {
        assertRefused(check("Authorization", key), 401, "KEY_MISSING");
        assertRefused(check("Authorization", "Basic " + key), 401, "KEY_MISSING");
    }

    @Test
    void foreign_bearer_is_ignored_next_to_a_key_in_its_own_header() {
        assertAccepted(check("X-API-Key", key, "Authorization", JWT));
        assertInvalidToken(check("X-API-Key", "junk", "Authorization", JWT), "KEY_MALFORMED");
    }

    @Test
    void foreign_bearer_alone_is_malformed() {
        assertInvalidToken(check("Authorization", JWT), "KEY_MALFORMED");
    }

    @Test
    void one_key_of_ours_among_values_of_others_is_the_key_in_any_order() {
        assertAccepted(check("X-API-Key", "junk", "Authorization", "Bearer " + key));
        assertAccepted(check("X-API-Key", "junk", "X-API-Key", key));
        assertAccepted(check("X-API-Key", key, "X-API-Key", "junk"));
    }

    @Test
    void two_different_keys_of_ours_are_ambiguous_wherever_they_stand() {
        for (String second : new String[] {other, typoIn(key)}) {
            assertInvalidToken(check("X-API-Key", key, "Authorization", "Bearer " + second), "KEY_AMBIGUOUS");
            assertInvalidToken(check("X-API-Key", key, "X-API-Key", second), "KEY_AMBIGUOUS");
            assertInvalidToken(
                    check("Authorization", "Bearer " + second, "Authorization", "Bearer " + key), "KEY_AMBIGUOUS");
        }
    }

    @Test
    void same_key_twice_is_one_key() {
        assertAccepted(check("X-API-Key", key, "Authorization", "bearer  " + key));
        assertAccepted(check("X-API-Key", key, "X-API-Key", key));
    }

    @Test
    void key_is_never_read_from_the_query_unless_configured() {
        for (String name : new String[] {"api_key", "key", "X-API-Key", "access_token", "apikey"}) {
            assertRefused(node.anonymous().get("/check?" + name + "=" + key), 401, "KEY_MISSING");
        }
    }

    @Test
    void key_is_read_from_the_configured_query_parameter_of_exactly_check() {
        assertAccepted(configured.anonymous().get("/check?api_key=" + key));
        assertAccepted(configured.anonymous().get("/check?x=%7C&api_key=" + key));
        assertRefused(configured.anonymous().get("/check?api_key="), 401, "KEY_MISSING");
        assertRefused(configured.anonymous().get("/check/?api_key=" + key), 401, "KEY_MISSING");
        assertInvalidToken(configured.anonymous().get("/check?api_key=" + key, "X-Acme-Key", other), "KEY_AMBIGUOUS");
        assertInvalidToken(configured.anonymous().get("/check?api_key=" + key + "&api_key=" + other), "KEY_AMBIGUOUS");
    }

    @Test
    void names_of_headers_are_configurable() {
        assertAccepted(configured.anonymous().get("/check", "X-Acme-Key", key));
        assertAccepted(configured.anonymous().get("/check", "Authorization", "Bearer " + key));
        assertAccepted(configured.anonymous().get("/check", "X-Acme-Key", key, "X-Required-Scopes", "a"));
        assertRefused(
                configured.anonymous().get("/check", "X-Acme-Key", key, "X-Acme-Scopes", "a"), 403, "SCOPE_MISSING");
        Answer missing = configured.anonymous().get("/check", "X-API-Key", key);
        assertRefused(missing, 401, "KEY_MISSING");
        assertThat(missing.text("detail")).contains("X-Acme-Key");
    }

    @Test
    void expired_key_has_no_renewal_address_when_none_is_configured() {
        String expiring = node.issue(Duration.ofSeconds(1)).text("key");
        Answer answer = await().atMost(10, SECONDS)
                .until(() -> check("X-API-Key", expiring), refused -> refused.status() != 200);
        assertInvalidToken(answer, "KEY_EXPIRED");
        assertThat(answer.json().has("renewUrl")).isFalse();
        assertThat(answer.headers().map()).doesNotContainKey("x-key-renew-url").containsKey("x-key-expired-at");
    }

    private static void assertAccepted(Answer answer) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    }

    private static Answer check(String... headers) {
        return node.anonymous().get("/check", headers);
    }

    private static String typoIn(String text) {
        return text.substring(0, 10) + (text.charAt(10) == 'x' ? 'y' : 'x') + text.substring(11);
    }
}
