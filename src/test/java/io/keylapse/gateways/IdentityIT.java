package io.keylapse.gateways;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.keylapse.gateways.wire.Caller;
import io.keylapse.gateways.wire.HttpMessage;
import io.keylapse.gateways.wire.HttpMessage.Field;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Who the backend takes a caller for, and that it never learns a key. */
class IdentityIT {
    private static final Set<String> IDENTITY =
            Set.of("x-consumer-id", "x-credential-identifier", "x-key-scopes", "x-key-expires-at", "x-key-expires-in");
    private static final String[] FORGED = {
        "X-Consumer-ID: forged",
        "x-consumer-id: forged",
        "X_Consumer_ID: forged",
        "X-Consumer_ID: forged",
        "X.Consumer.ID: forged",
        "X-Credential-Identifier: forged",
        "X_Credential_Identifier: forged",
        "X-Key-Scopes: forged",
        "X_KEY_SCOPES: forged",
        "X-Key_Scopes: forged",
        "X-Key-Expires-At: forged",
        "X_Key_Expires_At: forged",
        "X-Key-Expires-In: forged",
        "x_key_expires-in: forged",
        "X-Key-Id: forged",
        "X-Required-Scopes: forged"
    };

    @TempDir
    static Path folder;

    private static final Node node = Node.start(
            Stores.shared(), Map.of("keylapse.gateway.warn-within", "P7D", "keylapse.gateway.instance", "forwarded"));
    private static Sites sites = new Sites();
    private static String key = "";
    private static String otherKey = "";
    private static String keyWithoutScopes = "";

    @BeforeAll
    static void start() {
        key = Sites.issue(node, "Müller & Söhne 100% " + Node.owner(), "P1D", "read")
                .text("key");
        otherKey = Sites.issue(node, Node.owner(), "P1D", "read").text("key");
        keyWithoutScopes = Sites.issue(node, Node.owner(), "P1D").text("key");
        sites = Sites.start(folder, node.port());
    }

    /** What a lenient backend takes for the identity: headers whose names differ from ours only in case and punctuation. */
    private static Map<String, List<String>> identity(HttpMessage request) {
        var found = new TreeMap<String, List<String>>();
        for (Field field : request.fields()) {
            String name = field.name().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "-");
            if (IDENTITY.contains(name) && !field.value().isEmpty()) {
                found.computeIfAbsent(name, any -> new ArrayList<>()).add(field.value());
            }
        }
        return found;
    }

    private static String text(HttpMessage request) {
        return request.head() + request.trailers().stream().map(Field::toString).collect(joining("\r\n"));
    }

    private static String[] with(String[] headers, String... more) {
        return Stream.of(headers, more).flatMap(Stream::of).toArray(String[]::new);
    }

    private static void assertIdentityAsKeylapseSaysIt(Site site, String target, String... headers) throws Exception {
        HttpMessage said = Caller.exchange(node.port(), Site.head("GET /check", headers));
        assertThat(said.status()).as(said.body()).isEqualTo(200);
        for (String[] more : List.of(new String[0], FORGED)) {
            HttpMessage answer = site.ask("GET " + target, with(headers, more));
            assertThat(answer.body()).as(answer.head()).isEqualTo(Backend.ANSWER);
            HttpMessage received = site.backend().takeOnly();
            Map<String, List<String>> identity = identity(received);
            // Seconds, which may have passed since.
            assertThat(identity.remove("x-key-expires-in")).as(received.head()).hasSize(1);
            Map<String, List<String>> expected = identity(said);
            expected.remove("x-key-expires-in");
            assertThat(identity).isEqualTo(expected).containsKeys("x-consumer-id", "x-credential-identifier");
            assertThat(text(received)).doesNotContain(key, keyWithoutScopes, "forged");
            assertThat(received.all("X-API-Key")).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void backend_receives_the_identity_as_keylapse_says_it_and_neither_the_key_nor_forged_headers(Gateway gateway)
            throws Exception {
        Site site = sites.of(gateway);
        assertIdentityAsKeylapseSaysIt(site, "/x", "X-API-Key: " + key);
        assertIdentityAsKeylapseSaysIt(site, "/x", "x-api-key: " + key);
        assertIdentityAsKeylapseSaysIt(site, "/x", "Authorization: Bearer " + key);
        assertIdentityAsKeylapseSaysIt(site, "/x", "authorization: bearer  " + key);
        assertIdentityAsKeylapseSaysIt(site, "/x", "X-API-Key: " + key, "Authorization: Bearer " + key);
        assertIdentityAsKeylapseSaysIt(site, "/x", "X-API-Key: somebody's", "Authorization: Bearer " + key);
        assertIdentityAsKeylapseSaysIt(site, "/public-api/x", "X-API-Key: " + keyWithoutScopes);
    }

    @ParameterizedTest
    @EnumSource
    void header_that_keylapse_does_not_send_or_leaves_empty_is_not_the_callers(Gateway gateway) throws Exception {
        Site site = sites.of(gateway);
        site.node()
                .answerWith(KeylapseFront.answer(
                        "200 OK", "X-Consumer-ID: acme", "X-Credential-Identifier: key_1", "X-Key-Scopes: "));
        HttpMessage answer = site.ask("GET /x", with(FORGED, "X-API-Key: " + key));
        site.node().heal();
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        HttpMessage received = site.backend().takeOnly();
        assertThat(identity(received))
                .isEqualTo(Map.of("x-consumer-id", List.of("acme"), "x-credential-identifier", List.of("key_1")));
        assertThat(text(received)).doesNotContain("forged");
    }

    @ParameterizedTest
    @EnumSource
    void a_200_that_names_no_key_is_not_taken_for_keylapses(Gateway gateway) throws Exception {
        Site site = sites.of(gateway);
        site.node().answerWith(KeylapseFront.answer("200 OK"));
        HttpMessage answer = site.ask("GET /x", with(FORGED, "X-API-Key: " + key));
        site.node().heal();
        List<HttpMessage> received = site.backend().takeReceived();
        if (gateway.accepts2xxWithoutIdentity()) {
            assertThat(identity(received.getFirst())).isEmpty();
        } else {
            assertThat(answer.status()).isEqualTo(503);
            assertThat(received).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void header_whose_name_has_other_characters_than_letters_digits_and_hyphens_is_dropped(Gateway gateway)
            throws Exception {
        Site site = sites.of(gateway);
        for (String character : List.of("_", ".", "!", "#", "$", "%", "&", "'", "*", "+", "^", "`", "|", "~")) {
            String forged = "X-Consumer-ID: forged".replace("-", character);
            HttpMessage answer =
                    site.ask("GET /x", "X-API-Key: " + key, forged, "X-Key" + character + "Scopes: forged");
            List<HttpMessage> received = site.backend().takeReceived();
            assertThat(answer.status()).as(forged).isIn(200, 400);
            assertThat(received).hasSize(answer.status() == 200 ? 1 : 0);
            assertThat(received.toString()).as(forged).doesNotContain("forged");
        }
    }

    @ParameterizedTest
    @EnumSource
    void caller_cannot_remove_the_identity_by_naming_it_in_connection(Gateway gateway) throws Exception {
        Site site = sites.of(gateway);
        for (String named :
                List.of("close, X-Consumer-ID", "X-Consumer-ID, X-Key-Scopes, X-Credential-Identifier, close")) {
            HttpMessage answer = site.ask("GET /x", "X-API-Key: " + key, "Connection: " + named);
            assertThat(answer.status()).as(named).isEqualTo(200);
            assertThat(identity(site.backend().takeOnly()))
                    .as(named)
                    .containsKeys("x-consumer-id", "x-key-scopes", "x-credential-identifier");
        }
    }

    @ParameterizedTest
    @EnumSource
    void neither_a_trailer_nor_a_folded_line_nor_a_blank_before_the_colon_makes_an_identity(Gateway gateway)
            throws Exception {
        Site site = sites.of(gateway);
        String before =
                Site.head("POST /x", "X-API-Key: " + key, "Transfer-Encoding: chunked", "Trailer: X-Consumer-ID");
        for (String request : List.of(
                before + "2\r\nok\r\n0\r\nX-Consumer-ID: forged\r\n\r\n",
                Site.head("GET /x", "X-API-Key: " + key, "X-Consumer-ID : forged"),
                Site.head("GET /x", "X-API-Key: " + key, "X-Other: a\r\n X-Consumer-ID: forged"))) {
            HttpMessage answer = site.exchange(request);
            List<HttpMessage> received = site.backend().takeReceived();
            assertThat(answer.status()).as(request).isIn(200, 400);
            assertThat(received).as(request).hasSize(answer.status() == 200 ? 1 : 0);
            for (HttpMessage each : received) {
                assertThat(identity(each).get("x-consumer-id"))
                        .as(request)
                        .isNotNull()
                        .noneMatch(value -> value.contains("forged"));
                if (!gateway.passesTrailersOn()) {
                    assertThat(each.trailers()).as(request).isEmpty();
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void refusal_names_the_path_that_the_caller_asked_for_without_the_query(Gateway gateway) throws Exception {
        Site site = sites.of(gateway);
        String lengthy = "/" + "x".repeat(1500);
        for (String target : List.of("/x/y?a=b", "/x%20y", "/", "/write", lengthy)) {
            HttpMessage refused;
            do {
                refused = site.ask("GET " + target, "X-Original-URI: /forged", "X-Forwarded-Uri: /forged");
            } while (gateway.hasShortened(refused));
            assertThat(refused.status()).isEqualTo(401);
            String path = target.replaceFirst("\\?.*", "");
            assertThat(new ObjectMapper()
                            .readTree(refused.body())
                            .path("instance")
                            .asText())
                    .isEqualTo(target.equals(lengthy) && gateway != Gateway.CADDY ? "/check" : path);
        }
    }

    @ParameterizedTest
    @EnumSource
    void token_of_another_application_reaches_the_backend(Gateway gateway) throws Exception {
        Site site = sites.of(gateway);
        for (String token : List.of("Bearer eyJhbGciOi.J9_kl_abc.x-y_z", "Basic dXNlcjpwYXNz")) {
            assertThat(site.ask("GET /x", "X-API-Key: " + key, "Authorization: " + token)
                            .status())
                    .isEqualTo(200);
            assertThat(site.backend().takeOnly().all("Authorization")).containsExactly(token);
        }
    }

    @ParameterizedTest
    @EnumSource
    void no_key_reaches_the_backend_if_a_caller_sends_several_headers(Gateway gateway) throws Exception {
        Site site = sites.of(gateway);
        String own = "X-API-Key: " + key;
        for (String[] headers : List.of(
                new String[] {own, "X-API-Key: " + otherKey},
                new String[] {own, "X_API_Key: " + otherKey},
                new String[] {own, "Authorization: Bearer " + otherKey},
                new String[] {own, "Authorization: Bearer other", "Authorization: Bearer " + otherKey},
                new String[] {own, "Authorization: Bearer " + otherKey, "Authorization: Bearer other"})) {
            HttpMessage answer = site.ask("GET /x", headers);
            List<HttpMessage> received = site.backend().takeReceived();
            assertThat(answer.status()).as(String.join(", ", headers)).isIn(200, 400, 401);
            assertThat(received.toString()).as(String.join(", ", headers)).doesNotContain(key, otherKey);
        }
    }
}
