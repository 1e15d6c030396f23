package io.keylapse.http.management;

import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A body that is not a JSON object in UTF-8, or not the one that the call expects, is a 400 that names the field. */
class BadBodyIT extends OneNode {
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
    void bodies_that_are_not_a_json_object_in_utf8_are_refused(byte[] body) {
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
    void a_body_that_does_not_match_its_content_encoding_is_refused() {
        assertInvalid(admin.post("/v1/keys", wish("o"), "Content-Encoding", "gzip"), "body");
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
    void malformed_bodies_of_management_keys_are_refused(String body, String field) {
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
    void malformed_bodies_of_look_ups_are_refused(String body) {
        assertInvalid(admin.post("/v1/keys/lookup", body), "key");
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
