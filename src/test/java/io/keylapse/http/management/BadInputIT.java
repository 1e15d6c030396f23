package io.keylapse.http.management;

import static io.keylapse.harness.Client.quote;
import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.harness.Client.Answer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each breach of a rule is a 400 that names the field, and nothing is stored. */
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
    void owner(String json) {
        assertInvalid(admin.post("/v1/keys", "{\"owner\":" + json + ",\"ttl\":\"PT1H\"}"), "owner");
    }

    static Stream<String> texts() {
        return Stream.of(
                "\"" + "a".repeat(201) + "\"", quote("😀".repeat(201)), "\"\\u0000\"", "\"x\\ud83d\"", "5", "[]", "{}");
    }

    @ParameterizedTest
    @MethodSource("texts")
    void owner_name_and_reason(String json) {
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
    void durations(String json) {
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
    void lifetimes_out_of_bounds(String ttl) {
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
    void instants_that_are_none_or_too_near_or_too_far(String text) {
        String owner = OneNode.owner();
        Answer key = admin.issue(wish(owner));
        String json = "\"expiresAt\":" + quote(text) + "}";
        assertInvalid(admin.post("/v1/keys", "{\"owner\":" + quote(owner) + "," + json), "expiresAt");
        assertInvalid(admin.post("/v1/keys/" + key.text("id") + "/renew", "{" + json), "expiresAt");
        assertUntouched(owner, key);
    }

    @Test
    void both_deadlines_or_none() {
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
    void scopes_that_are_no_scope_tokens_or_too_many(String json) {
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
                "{\"a\":NaN}",
                "{\"a\":" + "[".repeat(2000) + "]".repeat(2000) + "}");
    }

    @ParameterizedTest
    @MethodSource("metadata")
    void metadata_that_is_no_object_or_too_much(String json) {
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
    void other_details(String member, String field) {
        refusedInDetails(member, field);
    }

    @Test
    void null_is_no_value_for_what_cannot_be_removed() {
        String owner = OneNode.owner();
        Answer key = admin.issue(wish(owner));
        for (String member : new String[] {"name", "scopes", "metadata"}) {
            assertInvalid(admin.patch("/v1/keys/" + key.text("id"), "{\"" + member + "\":null}"), member);
        }
        assertUntouched(owner, key);
    }

    static Stream<byte[]> bodies() {
        String good = wish("o");
        return Stream.of(
                new byte[0],
                utf8(" "),
                utf8("null"),
                utf8("[]"),
                utf8("[" + good + "]"),
                utf8("\"x\""),
                utf8("5"),
                utf8("{"),
                utf8("{}x"),
                utf8("{}{}"),
                utf8("{'owner':'o'}"),
                utf8("{\"owner\":\"o\",}"),
                utf8("/**/" + good),
                utf8("{\"owner\":\"a\",\"owner\":\"b\",\"ttl\":\"PT1H\"}"),
                utf8("[".repeat(5000)),
                utf8("\ufeff" + good),
                utf8("{\"" + "x".repeat(60_000) + "\":1}"),
                good.getBytes(UTF_16),
                good.getBytes(StandardCharsets.UTF_16LE),
                raw("eda080"),
                raw("c0af"),
                raw("ff"),
                raw("f4908080"));
    }

    @ParameterizedTest
    @MethodSource("bodies")
    void bodies_that_are_no_json_object_in_utf8(byte[] body) {
        String key = "/v1/keys/" + admin.issue(wish(OneNode.owner())).text("id");
        String[] json = {"Content-Type", "application/json"};
        assertInvalid(admin.sendBytes("POST", "/v1/keys", body, json), "body");
        assertInvalid(admin.sendBytes("PATCH", key, body, json), "body");
        assertInvalid(admin.sendBytes("POST", key + "/renew", body, json), "body");
        assertInvalid(admin.sendBytes("POST", "/v1/keys/lookup", body, json), "body");
        assertInvalid(admin.sendBytes("POST", "/v1/management-keys", body, json), "body");
        if (body.length > 0) {
            assertInvalid(admin.sendBytes("POST", key + "/rotate", body, json), "body");
            assertInvalid(admin.sendBytes("POST", key + "/revoke", body, json), "body");
            assertInvalid(admin.sendBytes("POST", "/v1/owners/o/revoke", body, json), "body");
        }
        assertThat(admin.get(key).json().get("version").asInt()).isEqualTo(1);
    }

    @Test
    void a_body_that_is_not_what_content_encoding_says() {
        assertInvalid(admin.post("/v1/keys", wish("o"), "Content-Encoding", "gzip"), "body");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x",
                "key_",
                "key_zzzzzzzzzzzzzzzzzzzzzz",
                "key_000000000000000000000",
                "key_00000000000000000000000",
                "KEY_0000000000000000000000",
                "mgmt_0000000000000000000000",
                "key_000000000000000000000%C3%A9",
                "%00"
            })
    void ids_of_another_form_or_kind(String id) {
        String path = "/v1/keys/" + id;
        assertInvalid(admin.get(path), "id");
        assertInvalid(admin.patch(path, "{}"), "id");
        assertInvalid(admin.post(path + "/renew", "{\"ttl\":\"PT1H\"}"), "id");
        assertInvalid(admin.post(path + "/rotate", "{}"), "id");
        assertInvalid(admin.post(path + "/revoke", "{}"), "id");
        assertInvalid(admin.delete(path), "id");
        assertInvalid(admin.delete("/v1/management-keys/" + id.replace("mgmt_", "key_")), "id");
    }

    @ParameterizedTest
    @ValueSource(strings = {"%20", "%C2%A0", "%00", "%0A", "a%E2%80%A8"})
    void owners_in_the_path(String owner) {
        assertInvalid(admin.post("/v1/owners/" + owner + "/revoke", "{}"), "owner");
        assertInvalid(admin.get("/v1/keys?owner=" + owner), "owner");
    }

    @Test
    void paths_and_queries_that_are_not_utf8() {
        assertInvalid(admin.post("/v1/owners/a%FF/revoke", "{}"), "path");
        assertInvalid(admin.post("/v1/owners/%ED%A0%80/revoke", "{}"), "path");
        assertInvalid(admin.get("/v1/keys?owner=%C0%AF"), "query");
    }

    @ParameterizedTest
    @CsvSource({
        "limit=0,limit",
        "limit=501,limit",
        "limit=-1,limit",
        "limit=abc,limit",
        "limit=1e2,limit",
        "limit=%2B5,limit",
        "limit=99999999999999999999,limit",
        "limit=%D9%A5,limit",
        "limit=1&limit=2,limit",
        "surprise=1,surprise",
        "Owner=o,Owner",
        "state=gone,state",
        "state=ACTIVE,state",
        "state=active&state=expired,state",
        "expiresBefore=x,expiresBefore",
        "expiresBefore=2027-01-01,expiresBefore",
        "expiresBefore=2027-01-01T00:00:00+01:00,expiresBefore",
        "state=revoked&expiresBefore=2027-01-01T00:00:00Z,state",
        "cursor=x,cursor",
        "cursor=!!!,cursor",
        "cursor=Z2FyYmFnZQ,cursor"
    })
    void queries_of_the_list_of_keys(String query, String field) {
        assertInvalid(admin.get("/v1/keys?" + query), field);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "i",
                "i~",
                "i~x",
                "i~1-1-1-1-1",
                "i~01a2041c-1509-750d-955a-75fcb9eb706c~1",
                "x~01a2041c-1509-750d-955a-75fcb9eb706c",
                "d~2027-01-01T00:00:00Z~01a2041c-1509-750d-955a-75fcb9eb706c",
                "e~2027-01-01T00:00:00Z~01a2041c-1509-750d-955a-75fcb9eb706c~1"
            })
    void cursors_of_another_list_or_of_nothing(String plain) {
        String cursor = Base64.getUrlEncoder().withoutPadding().encodeToString(plain.getBytes(UTF_8));
        assertInvalid(admin.get("/v1/keys?cursor=" + cursor), "cursor");
        if (!plain.startsWith("d")) {
            assertInvalid(admin.get("/v1/keys?expiresBefore=2027-01-01T00:00:00Z&cursor=" + cursor), "cursor");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"role":"admin"}|name
            {"name":"\u00a0","role":"admin"}|name
            {"name":"x"}|role
            {"name":"x","role":"root"}|role
            {"name":"x","role":"ADMIN"}|role
            {"name":"x","role":5}|role
            {"name":"x","role":"check","ttl":"PT0.5S"}|ttl
            {"name":"x","role":"check","ttl":"P3661D"}|ttl
            {"name":"x","role":"check","owner":"o"}|owner
            """)
    void management_keys(String body, String field) {
        int before = admin.get("/v1/management-keys").json().get("items").size();
        assertInvalid(admin.post("/v1/management-keys", body), field);
        assertThat(admin.get("/v1/management-keys").json().get("items")).hasSize(before);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"key\":null}",
                "{\"key\":\"\"}",
                "{\"key\":5}",
                "{\"key\":\"a\\u0000\"}",
                "{\"key\":\"\\ud800\"}"
            })
    void look_ups(String body) {
        assertInvalid(admin.post("/v1/keys/lookup", body), "key");
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

    private static byte[] utf8(String text) {
        return text.getBytes(UTF_8);
    }

    private static byte[] raw(String hex) {
        byte[] start = utf8("{\"ttl\":\"PT1H\",\"owner\":\"");
        byte[] end = utf8("\"}");
        return HexFormat.of()
                .parseHex(HexFormat.of().formatHex(start) + hex + HexFormat.of().formatHex(end));
    }
}
