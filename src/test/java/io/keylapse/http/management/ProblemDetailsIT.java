package io.keylapse.http.management;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import java.io.IOException;
import java.net.Socket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProblemDetailsIT extends OneNode {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "/nope",
                "/v1",
                "/v1/nope",
                "/v1/keys/key_0000000000000000000000/nope",
                "/V1/keys",
                "/%76%31/keys"
            })
    void an_unknown_path_is_not_found(String path) {
        Answer answer = admin.get(path);
        assertProblem(answer, 404, "NOT_FOUND");
        assertThat(answer.text("instance")).isEqualTo(path);
    }

    @ParameterizedTest
    @CsvSource({
        "PUT,/v1/keys",
        "DELETE,/v1/keys",
        "TRACE,/v1/keys",
        "FOO,/v1/keys",
        "PATCH,/v1/keys",
        "POST,/v1/keys/key_0000000000000000000000",
        "GET,/v1/keys/key_0000000000000000000000/renew",
        "POST,/v1/blacklist",
        "GET,/v1/owners/o/revoke",
        "PATCH,/v1/management-keys"
    })
    void a_wrong_method_is_not_allowed_and_the_right_ones_are_named(String method, String path) throws Exception {
        String answer = raw(method + " " + path + " HTTP/1.1");
        assertThat(answer).startsWith("HTTP/1.1 405");
        assertThat(answer.toLowerCase(java.util.Locale.ROOT)).contains("\r\nallow: ");
        assertRawProblem(answer, 405, "METHOD_NOT_ALLOWED");
    }

    @Test
    void what_cannot_be_accepted_is_answered_with_a_problem() {
        assertProblem(admin.get("/v1/keys", "Accept", "text/html"), 406, "NOT_ACCEPTABLE");
        assertProblem(admin.get("/v1/keys", "Accept", "////"), 406, "NOT_ACCEPTABLE");
        assertInvalid(admin.get("/v1/blacklist?limit=0", "Accept", "text/csv"), "limit");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/plain",
                "application/xml",
                "application/x-www-form-urlencoded",
                "multipart/form-data",
                "application/jsonp"
            })
    void what_is_not_json_is_not_read(String type) {
        String owner = owner();
        assertProblem(admin.send("POST", "/v1/keys", wish(owner), "Content-Type", type), 415, "NOT_JSON");
        assertThat(keysOf(owner)).isEmpty();
    }

    @Test
    void json_is_read_with_a_charset_and_without_a_content_type() {
        assertThat(admin.send("POST", "/v1/keys", wish(owner()), "Content-Type", "application/json; charset=UTF-8")
                        .status())
                .isEqualTo(201);
        assertThat(admin.send("POST", "/v1/keys", wish(owner())).status()).isEqualTo(201);
    }

    @Test
    void a_body_that_is_too_large_is_refused_whichever_way_it_comes() throws Exception {
        assertProblem(admin.post("/v1/keys", " ".repeat(70_000)), 413, "BODY_TOO_LARGE");
        String chunked = raw(
                "POST /v1/keys HTTP/1.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked",
                "11170\r\n" + " ".repeat(70_000) + "\r\n0\r\n\r\n");
        assertRawProblem(chunked, 413, "BODY_TOO_LARGE");
        assertProblem(
                admin.patch("/v1/keys/" + NO_SUCH_KEY, "{\"name\":\"" + "x".repeat(70_000) + "\"}"),
                413,
                "BODY_TOO_LARGE");
    }

    @ParameterizedTest
    @CsvSource({
        "GET,/v1/keys,200",
        "GET,/v1/keys?limit=x,400",
        "GET,/v1/nope,404",
        "POST,/v1/blacklist,405",
        "GET,/health,200",
        "GET,/health/liveness,200",
        "GET,/health/nope,400",
        "GET,/prometheus,200",
        "GET,/console,200",
        "GET,/console/app.js,200",
        "GET,/console/nope,404",
        "GET,/openapi.yaml,200",
        "HEAD,/v1/blacklist/feed,200",
        "POST,/introspect,415",
        "OPTIONS,/v1/keys,405",
        "GET,/nope,404"
    })
    void no_browser_guesses_the_type_of_an_answer(String method, String path, int status) {
        Answer answer = admin.send(method, path, null);
        assertThat(answer.status()).as(answer.body()).isEqualTo(status);
        assertThat(answer.headers().allValues("X-Content-Type-Options")).containsExactly("nosniff");
        assertThat(node.anonymous().get("/v1/keys").headers().allValues("X-Content-Type-Options"))
                .containsExactly("nosniff");
    }

    @Test
    void the_type_is_a_stable_name_for_the_code() {
        Answer answer = admin.get("/v1/keys/" + NO_SUCH_KEY);
        assertProblem(answer, 404, "NOT_FOUND");
        assertThat(answer.text("type")).isEqualTo("urn:keylapse:problem:not-found");
        assertThat(answer.text("title")).isEqualTo("Not Found");
        assertThat(answer.text("instance")).isEqualTo("/v1/keys/" + NO_SUCH_KEY);
        assertThat(answer.header("Cache-Control")).isEqualTo("no-store");
    }

    @Test
    void the_query_is_not_repeated() {
        assertThat(node.anonymous().get("/v1/keys?owner=secret").body()).doesNotContain("secret");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /v1/keys/%zz HTTP/1.1",
                "GET /v1/keys/% HTTP/1.1",
                "GET /v1/keys?owner=%zz HTTP/1.1",
                "GET /v1/keys?owner=%f HTTP/1.1",
                "GET /v1/keys?owner=%FF HTTP/1.1",
                "POST /v1/owners/a%zz/revoke HTTP/1.1",
                "GET /v1/keys/\u00c3\u00a9 HTTP/1.1",
                "GET /v1/keys/{id} HTTP/1.1",
                "GET /v1/keys/^ HTTP/1.1",
                "GET /v1/keys?owner=a|b HTTP/1.1",
                "GET /v1/ke ys HTTP/1.1",
                "\u0016\u0003\u0001",
                "GET",
                "GET /v1/keys HTTP/1.1\r\nno colon",
                "POST /v1/keys HTTP/1.1\r\nContent-Length: -5",
                "POST /v1/keys HTTP/1.1\r\nIdempotency-Key: \u00c3\u00a9",
                "POST /v1/keys HTTP/1.1\r\nContent-Length: abc"
            })
    void a_malformed_request_is_a_bad_request(String head) throws Exception {
        assertRawProblem(raw(head), 400, "INVALID_REQUEST");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "OPTIONS * HTTP/1.1",
                "CONNECT example.org:80 HTTP/1.1",
                "GET v1/keys HTTP/1.1",
                "GET //v1/keys HTTP/1.1",
                "GET /v1/../v1/keys HTTP/1.1",
                "GET /v1/keys;a=b HTTP/1.1"
            })
    void a_weird_target_is_not_found(String head) throws Exception {
        assertRawProblem(raw(head), 404, "NOT_FOUND");
    }

    private static void assertRawProblem(String answer, int status, String code) throws IOException {
        assertThat(answer)
                .contains(" " + status + " ")
                .containsIgnoringCase("content-type: application/problem+json")
                .containsIgnoringCase("x-content-type-options: nosniff");
        var problem = new ObjectMapper().readTree(answer.substring(answer.indexOf("\r\n\r\n")));
        assertThat(problem.get("status").asInt()).isEqualTo(status);
        assertThat(problem.get("code").asText()).isEqualTo(code);
        for (String member : new String[] {"type", "title", "detail", "instance"}) {
            assertThat(problem.path(member).isTextual()).as(member).isTrue();
        }
        assertThat(answer).doesNotContain("Exception", "io.keylapse", "io.micronaut", "java.");
    }

    private static String raw(String head) throws IOException {
        return raw(head, "");
    }

    private static String raw(String head, String body) throws IOException {
        try (var socket = new Socket("localhost", node.port())) {
            socket.setSoTimeout(10_000);
            String request = head + "\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer "
                    + Node.ADMIN_KEY + "\r\n\r\n" + body;
            socket.getOutputStream().write(request.getBytes(ISO_8859_1));
            socket.getOutputStream().flush();
            return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
        }
    }
}
