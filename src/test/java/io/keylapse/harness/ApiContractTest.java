package io.keylapse.harness;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ApiContractTest {
    private static final String JSON = "application/json";
    private static final String PROBLEM_JSON = "application/problem+json";
    private static final String KEYS = "/v1/keys";
    private static final String KEY_PATH = "/v1/keys/key_0000000000000000000001";
    private static final String ME = "{'id':'mgmt_1','name':'ops','role':'check','permissions':['check_keys']}";
    private static final String KEY = """
            {'id':'key_0000000000000000000001','owner':'acme','name':'','hint':'kl_a...b','state':'active','scopes':[],\
            'metadata':{'any':{'depth':[1,null]}},'contact':{'email':'dev@example.com'},'leadTimes':['P7D'],\
            'issuedAt':'2026-11-30T10:00:00.000Z','version':1}""";
    private static final String PROBLEM = """
            {'type':'urn:keylapse:problem:key-ended','title':'Conflict','status':409,'detail':'It has ended.',\
            'instance':'/','code':'KEY_ENDED','keyId':'key_0000000000000000000001','state':'revoked'}""";

    private static void check(String method, String path, int status, String contentType, String body) {
        ApiContract.ofService()
                .check(
                        method,
                        path,
                        status,
                        contentType,
                        body.replace('\'', '"').getBytes(UTF_8));
    }

    private static void assertRefused(
            String reason, String method, String path, int status, String contentType, String body) {
        assertThatThrownBy(() -> check(method, path, status, contentType, body))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining(method + " " + path + ", " + status)
                .hasMessageContaining(reason);
    }

    private static String with(String member, String object) {
        return "{" + member + "," + object.substring(1);
    }

    private static String page(String item) {
        return "{'items':[" + item + "],'next':'c'}";
    }

    @Test
    void described_responses_are_accepted() {
        check("GET", "/v1/me", 200, JSON, ME);
        check("GET", "/v1/me", 200, "Application/JSON; charset=UTF-8", ME);
        check("GET", KEY_PATH, 200, JSON, KEY);
        check("GET", KEYS, 200, JSON, page(KEY));
        check("POST", KEYS, 201, JSON, with("'key':'kl_secret'", KEY));
        check("POST", KEY_PATH + "/renew", 409, PROBLEM_JSON, PROBLEM);
        check("DELETE", "/v1/webhooks/wh_1", 204, null, "");
        check("GET", "/v1/blacklist", 200, "text/csv", "keyId,owner\r\n");
        check("GET", "/v1/blacklist", 200, "application/x-ndjson", "");
        check("GET", "/health/readiness", 503, JSON, "{'status':'DOWN','details':{'stores':{'status':'DOWN'}}}");
    }

    @Test
    void field_that_is_not_described_is_refused() {
        assertRefused("'mood'", "GET", "/v1/me", 200, JSON, with("'mood':1", ME));
        assertRefused("'mood'", "GET", KEY_PATH, 200, JSON, with("'mood':1", KEY));
        assertRefused("'mood'", "POST", KEYS, 400, PROBLEM_JSON, with("'mood':1", PROBLEM));
        assertRefused("'key'", "GET", KEY_PATH, 200, JSON, with("'key':'kl_secret'", KEY));
    }

    @Test
    void field_that_is_not_described_is_refused_inside_and_in_composed_objects() {
        assertRefused("'mood'", "GET", KEYS, 200, JSON, page(with("'mood':1", KEY)));
        assertRefused("'mood'", "GET", KEYS, 200, JSON, with("'mood':1", page(KEY)));
        assertRefused("'mood'", "POST", KEYS, 201, JSON, with("'mood':1", KEY));
        assertRefused("'phone'", "GET", KEY_PATH, 200, JSON, KEY.replace("{'email'", "{'phone':'1','email'"));
    }

    @Test
    void item_of_a_batch_is_either_a_key_or_a_refusal() {
        String refused =
                "{'status':400,'code':'INVALID_REQUEST','detail':'x','errors':[{'field':'ttl','message':'x'}]}";
        check("POST", "/v1/keys:batch", 200, JSON, "{'results':[" + KEY + "," + refused + "]}");
        String both = "{'results':[" + with("'code':'X'", KEY) + "]}";
        assertRefused("only one schema", "POST", "/v1/keys:batch", 200, JSON, both);
    }

    @Test
    void field_of_another_type_is_refused() {
        assertRefused("string found", "GET", "/v1/me", 200, JSON, ME.replace("['check_keys']", "'check_keys'"));
        assertRefused("null found", "GET", "/v1/me", 200, JSON, ME.replace("'mgmt_1'", "null"));
        assertRefused("enumeration", "GET", "/v1/me", 200, JSON, ME.replace("'check'", "'king'"));
        assertRefused("RFC 3339", "GET", KEY_PATH, 200, JSON, KEY.replace("2026-11-30T10:00:00.000Z", "30 November"));
    }

    @Test
    void missing_field_is_refused() {
        assertRefused("'role'", "GET", "/v1/me", 200, JSON, ME.replace("'role':'check',", ""));
        assertRefused("'code'", "GET", "/v1/me", 401, PROBLEM_JSON, PROBLEM.replace("'code':'KEY_ENDED',", ""));
    }

    @Test
    void status_that_is_not_listed_is_refused() {
        assertRefused("status", "GET", "/v1/me", 202, JSON, ME);
        assertRefused("status", "GET", "/check", 204, null, "");
        assertRefused("status", "DELETE", "/v1/webhooks/wh_1", 200, null, "");
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/html", "application/problem+json", "application/jsonp", ""})
    void other_media_type_is_refused(String type) {
        assertRefused("media type", "GET", "/v1/me", 200, type, ME);
        assertRefused("media type", "GET", "/v1/me", 200, null, ME);
        assertRefused("media type", "GET", "/v1/me", 401, JSON, PROBLEM);
    }

    @Test
    void body_that_is_missing_broken_or_not_described_is_refused() {
        assertRefused("body is missing", "GET", "/v1/me", 200, JSON, "");
        assertRefused("not JSON", "GET", "/v1/me", 200, JSON, "{");
        assertRefused("no body", "DELETE", "/v1/webhooks/wh_1", 204, JSON, "{}");
        assertRefused("no body", "GET", "/check", 200, JSON, "{}");
    }

    @Test
    void response_to_head_has_no_body() {
        check("HEAD", "/v1/me", 200, JSON, "");
        check("HEAD", "/v1/blacklist/feed", 200, "text/event-stream", "");
        assertRefused("status", "HEAD", "/v1/me", 202, JSON, "");
    }

    @Test
    void call_that_is_not_described_can_only_be_refused_with_a_problem() {
        check("PUT", KEYS, 405, PROBLEM_JSON, PROBLEM);
        check("GET", "/nowhere", 404, PROBLEM_JSON, PROBLEM);
        assertRefused("no such call", "PUT", KEYS, 200, JSON, KEY);
        assertRefused("no such call", "GET", "/nowhere", 200, null, "");
        assertRefused("media type", "GET", "/nowhere", 404, "text/html", "Not found");
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/keys:batch,POST",
        "/v1/keys%3Abatch,POST",
        "/v1/keys%3abatch,POST",
        "//v1/keys:batch/,POST",
    })
    void spellings_of_a_path_are_the_same_call(String path, String method) {
        check(method, path, 200, JSON, "{'results':[]}");
    }

    @Test
    void path_without_variables_has_precedence() {
        check("GET", "/v1/blacklist/stats", 200, JSON, "{'buckets':[]}");
        check("GET", "/v1/keys/stats", 200, JSON, "{'buckets':[]}");
        check("POST", "/v1/keys/lookup", 200, JSON, KEY);
        check("POST", "/v1/owners/a%2Fb/revoke", 200, JSON, "{'revoked':1}");
        assertRefused("no such call", "POST", "/v1/owners/a/b/revoke", 200, JSON, "{'revoked':1}");
    }

    @ParameterizedTest
    @CsvSource({"GET,/check", "POST,/check", "HEAD,/check/", "PROPFIND,/check/any/path"})
    void check_takes_any_method_and_any_path_below(String method, String path) {
        check(method, path, 200, null, "");
        assertRefused("status", method, path, 201, null, "");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/", "/console", "/console/app.js", "/api-docs", "/openapi.yaml", "/health"})
    void pages_for_browsers_are_not_described(String path) {
        check("GET", path, 200, "text/html", "<html>");
    }
}
