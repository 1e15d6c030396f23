package io.keylapse.http.management;

import static io.keylapse.harness.Client.quote;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.harness.Client.Answer;
import java.time.Instant;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each violation of a rule is a 400 that names the field, and nothing is stored. */
class BadInputIT extends OneNode {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"\"",
                "\"  \"",
                "\"\u00a0\"",
                "\"\u2003\u2007\"",
                "\"\u200b\"",
                "\"a\\u0000\"",
                "\"a\\nb\"",
                "\"a\\rb\"",
                "\"a\\tb\"",
                "\"\\u007f\"",
                "\"\u0085\"",
                "\"a\u2028b\"",
                "\"a\\u2029b\"",
                "\"\\ud800\"",
                "\"\\udc00\\ud800\"",
                "null",
                "5",
                "1.5",
                "true",
                "[\"a\"]",
                "{}"
            })
    void an_invalid_owner_is_refused(String json) {
        assertInvalid(admin.post("/v1/keys", "{\"owner\":" + json + ",\"ttl\":\"PT1H\"}"), "owner");
    }

    static Stream<String> texts() {
        return Stream.of(
                "\"" + "a".repeat(201) + "\"", quote("😀".repeat(201)), "\"\\u0000\"", "\"x\\ud83d\"", "5", "[]", "{}");
    }

    @ParameterizedTest
    @MethodSource("texts")
    void invalid_owner_name_and_reason_are_refused(String json) {
        String owner = OneNode.owner();
        Answer key = admin.issue(wish(owner));
        String path = "/v1/keys/" + key.text("id");
        assertInvalid(admin.post("/v1/keys", "{\"owner\":" + json + ",\"ttl\":\"PT1H\"}"), "owner");
        assertInvalid(issue(owner, "\"name\":" + json), "name");
        assertInvalid(admin.patch(path, "{\"name\":" + json + "}"), "name");
        assertInvalid(admin.post(path + "/revoke", "{\"reason\":" + json + "}"), "reason");
        assertInvalid(admin.post("/v1/owners/" + owner + "/revoke", "{\"reason\":" + json + "}"), "reason");
        assertInvalid(admin.post("/v1/management-keys", "{\"name\":" + json + ",\"role\":\"check\"}"), "name");
        assertUntouched(owner, key);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"\"",
                "\" \"",
                "\"30\"",
                "\"P\"",
                "\"PT\"",
                "\"P1Y\"",
                "\"P1M\"",
                "\"P1W\"",
                "\"p30d\"",
                "\"pt1m\"",
                "\"PT-1S\"",
                "\"-PT-1H\"",
                "\"+PT1H\"",
                "\"P1DT-1H\"",
                "\" PT1H\"",
                "\"PT1M1M\"",
                "\"P999999999999D\"",
                "\"P99999999999999999999D\"",
                "\"PT٣H\"",
                "\"PT1H\\u0000\"",
                "60",
                "true",
                "[]",
                "{}"
            })
    void durations_that_are_malformed_or_too_long_are_refused(String json) {
        String owner = OneNode.owner();
        Answer key = admin.issue(wish(owner));
        String path = "/v1/keys/" + key.text("id");
        assertInvalid(admin.post("/v1/keys", "{\"owner\":" + quote(owner) + ",\"ttl\":" + json + "}"), "ttl");
        assertInvalid(admin.post(path + "/renew", "{\"ttl\":" + json + "}"), "ttl");
        assertInvalid(admin.post(path + "/rotate", "{\"ttl\":" + json + "}"), "ttl");
        assertInvalid(admin.post(path + "/rotate", "{\"grace\":" + json + "}"), "grace");
        assertInvalid(
                admin.post("/v1/management-keys", "{\"name\":\"x\",\"role\":\"check\",\"ttl\":" + json + "}"), "ttl");
        assertUntouched(owner, key);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT0S", "PT0.5S", "PT0.999999999S", "P366DT1S"})
    void lifetimes_out_of_bounds_are_refused(String ttl) {
        String owner = OneNode.owner();
        Answer key = admin.issue(wish(owner));
        assertInvalid(admin.post("/v1/keys", "{\"owner\":%s,\"ttl\":\"%s\"}".formatted(quote(owner), ttl)), "ttl");
        for (String verb : new String[] {"/renew", "/rotate"}) {
            assertInvalid(admin.post("/v1/keys/" + key.text("id") + verb, "{\"ttl\":\"" + ttl + "\"}"), "ttl");
        }
        assertUntouched(owner, key);
    }

    static Stream<String> instants() {
        String soon = Instant.now().plusMillis(500).toString();
        return Stream.concat(
                Stream.of(soon),
                Stream.of(
                        "",
                        "x",
                        "2027-01-01",
                        "2027-01-01T00:00:00",
                        "2027-01-01T00:00Z",
                        "2027-01-01 00:00:00Z",
                        "2027-01-01T24:00:00Z",
                        "2027-01-01T23:59:60Z",
                        "2027-02-29T00:00:00Z",
                        "2027-13-01T00:00:00Z",
                        "2027-01-01T00:00:00+02",
                        "2027-01-01T00:00:00+0200",
                        "2027-01-01T00:00:00+01:00:30",
                        "2027-01-01T00:00:00+19:00",
                        "2027-01-01T00:00:00.Z",
                        "2027-01-01T00:00:00Z[UTC]",
                        "10000-01-01T00:00:00Z",
                        "+10000-01-01T00:00:00Z",
                        "-0001-01-01T00:00:00Z",
                        "9999-12-31T23:59:59Z",
                        "0000-01-01T00:00:00Z",
                        "2001-01-01T00:00:00Z",
                        "1767225600"));
    }

    @ParameterizedTest
    @MethodSource("instants")
    void malformed_too_near_and_too_distant_instants_are_refused(String text) {
        String owner = OneNode.owner();
        Answer key = admin.issue(wish(owner));
        String json = "\"expiresAt\":" + quote(text) + "}";
        assertInvalid(admin.post("/v1/keys", "{\"owner\":" + quote(owner) + "," + json), "expiresAt");
        assertInvalid(admin.post("/v1/keys/" + key.text("id") + "/renew", "{" + json), "expiresAt");
        assertUntouched(owner, key);
    }

    @Test
    void both_deadlines_or_none_are_refused() {
        String owner = OneNode.owner();
        Answer key = admin.issue(wish(owner));
        String renew = "/v1/keys/" + key.text("id") + "/renew";
        String both = "\"ttl\":\"PT1H\",\"expiresAt\":\"2027-01-01T00:00:00Z\"}";
        assertInvalid(admin.post("/v1/keys", "{\"owner\":\"o\"," + both), "ttl", "expiresAt");
        assertInvalid(admin.post(renew, "{" + both), "ttl", "expiresAt");
        assertInvalid(admin.post("/v1/keys", "{\"owner\":\"o\"}"), "ttl");
        assertInvalid(admin.post(renew, "{}"), "ttl");
        assertInvalid(admin.post(renew, "{\"ttl\":null,\"expiresAt\":null}"), "ttl");
        assertUntouched(owner, key);
    }

    static Stream<String> scopes() {
        return Stream.of(
                "[\"\"]",
                "[\"a b\"]",
                "[\"a\\\"\"]",
                "[\"a\\\\\"]",
                "[\"é\"]",
                "[\"a\\n\"]",
                "[\"\\ud800\"]",
                "[\"\\u0000\"]",
                "[\"" + "a".repeat(129) + "\"]",
                IntStream.range(0, 51).mapToObj(i -> "\"s" + i + "\"").collect(joining(",", "[", "]")),
                IntStream.range(0, 17)
                        .mapToObj(i -> quote("s".repeat(120) + (char) ('a' + i)))
                        .collect(joining(",", "[", "]")),
                "\"a\"",
                "{}",
                "5");
    }

    @ParameterizedTest
    @MethodSource("scopes")
    void malformed_or_too_many_scopes_are_refused(String json) {
        refusedInDetails("\"scopes\":" + json, "scopes");
    }

    static Stream<String> metadata() {
        return Stream.of(
                "[]",
                "\"x\"",
                "5",
                "null",
                "{\"m\":\"" + "x".repeat(4096 - 7) + "\"}",
                "{\"a\":\"\\u0000\"}",
                "{\"a\":\"x\\ny\"}",
                "{\"a\":[{\"b\":\"\\ud800\"}]}",
                "{\"\\udc00\":1}",
                "{\"a\":1,\"a\":2}",
                "{\"a\":1e99999999999999999999}",
                "{\"a\":" + "9".repeat(2000) + "}",
                "{\"a\":1e2147483647}",
                "{\"a\":[1E-2147483647]}",
                "{\"a\":{\"b\":-1e308}}",
                "{\"a\":1e-308}",
                "{\"a\":0e999999999}",
                "{\"a\":0." + "0".repeat(400) + "1}",
                "{\"a\":1" + "0".repeat(308) + "}",
                "{\"a\":" + "9".repeat(101) + "}",
                "{\"a\":0." + "9".repeat(101) + "}",
                "{\"a\":NaN}",
                "{\"a\":" + "[".repeat(32) + "]".repeat(32) + "}",
                "{\"a\":".repeat(33) + "1" + "}".repeat(33),
                "{\"a\":" + "[".repeat(980) + "]".repeat(980) + "}",
                "{\"a\":" + "[".repeat(2000) + "]".repeat(2000) + "}");
    }

    @ParameterizedTest
    @MethodSource("metadata")
    void metadata_that_is_not_an_object_or_too_large_is_refused(String json) {
        refusedInDetails("\"metadata\":" + json, "metadata");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            "contact":[]|contact
            "contact":"a@example.org"|contact
            "contact":{"email":5}|contact.email
            "contact":{"email":"nobody"}|contact.email
            "contact":{"email":"a b@example.org"}|contact.email
            "contact":{"email":"a@\\ud800"}|contact.email
            "contact":{"phone":"5"}|contact.phone
            "scopes":[1]|scopes[0]
            "scopes":[null]|scopes[0]
            "scopes":["a",["b"]]|scopes[1]
            "surprise":1|surprise
            "Name":"x"|Name
            "state":"active"|state
            """)
    void invalid_details_are_refused(String member, String field) {
        refusedInDetails(member, field);
    }

    @Test
    void null_is_refused_for_members_that_cannot_be_removed() {
        String owner = OneNode.owner();
        Answer key = admin.issue(wish(owner));
        for (String member : new String[] {"name", "scopes", "metadata"}) {
            assertInvalid(admin.patch("/v1/keys/" + key.text("id"), "{\"" + member + "\":null}"), member);
        }
        assertUntouched(owner, key);
    }

    private static Answer issue(String owner, String member) {
        return admin.post("/v1/keys", "{\"owner\":" + quote(owner) + ",\"ttl\":\"PT1H\"," + member + "}");
    }

    private static void refusedInDetails(String member, String field) {
        String owner = OneNode.owner();
        Answer key = admin.issue(wish(owner));
        assertInvalid(issue(owner, member), field);
        assertInvalid(admin.patch("/v1/keys/" + key.text("id"), "{" + member + "}"), field);
        assertUntouched(owner, key);
    }

    private static void assertUntouched(String owner, Answer key) {
        assertThat(keysOf(owner)).containsExactly(key.text("id"));
        Answer now = admin.get("/v1/keys/" + key.text("id"));
        assertThat(now.json().get("version").asInt()).isEqualTo(1);
        assertThat(now.text("expiresAt")).isEqualTo(key.text("expiresAt"));
    }
}
