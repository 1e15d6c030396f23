package io.keylapse.http.gateway;

import static io.keylapse.http.gateway.Refusals.assertInvalidToken;
import static io.keylapse.http.gateway.Refusals.assertProblem;
import static io.keylapse.http.gateway.Refusals.assertRefused;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** The exact bytes that forward-auth proxies send: only the key decides. */
class CheckRawHttpIT {
    private static final Node node = Node.shared();
    private static final String key =
            "X-API-Key: " + node.issue(Duration.ofDays(1)).text("key");

    static List<String> targets() {
        List<String> below = List.of(
                "",
                "any/deep/path",
                "a|b",
                "{id}",
                "a^b",
                "`",
                "\"<>\\",
                "[::1]",
                "%zz",
                "%",
                "100%/x",
                "%2",
                "%00",
                "%ff%fe",
                "%0d%0aX-Consumer-ID:%20root",
                utf8("日本/🔑"),
                "\u00FF\u00FE\u0080\u009F",
                "/double//slash",
                "/".repeat(300),
                "../../v1/keys",
                "..%2f..",
                "./",
                "a;b=c",
                "a#b",
                ":80",
                "@user:pass",
                "x?a=%zz&b=|&{c}=[]",
                "x?scope=never:given",
                "?scope=never:given",
                "x?a?b?c",
                "x?" + "p=1&".repeat(1500),
                "x".repeat(8192),
                "%zz|".repeat(2048));
        var all = new ArrayList<>(below.stream().map(each -> "/check/" + each).toList());
        all.addAll(List.of("/check", "/check?", "/check?x=|", "/check?x=%zz", "/check?{}^", "/check?#"));
        return all;
    }

    @ParameterizedTest
    @MethodSource("targets")
    void whatever_the_path_the_answer_is_the_verdict_on_the_key(String target) throws IOException {
        try (var connection = new RawConnection(node)) {
            Answer good = connection.request("GET", target, key).answer();
            assertThat(good.status()).as(good.body()).isEqualTo(200);
            assertThat(good.headers().map()).containsKey("X-Consumer-ID");

            assertRefused(connection.request("GET", target).answer(), 401, "KEY_MISSING");
            assertInvalidToken(
                    connection.request("GET", target, "X-API-Key: junk").answer(), "KEY_MALFORMED");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET",
                "POST",
                "PUT",
                "DELETE",
                "PATCH",
                "OPTIONS",
                "TRACE",
                "CONNECT",
                "PROPFIND",
                "M-SEARCH",
                "PURGE",
                "get"
            })
    void every_method_gets_the_verdict_on_the_key(String method) throws IOException {
        try (var connection = new RawConnection(node)) {
            for (String target : List.of("/check", "/check/any/deep/path", "/check/{x}?|")) {
                Answer good = connection.request(method, target, key).answer();
                assertThat(good.status()).as(good.body()).isEqualTo(200);
                assertThat(good.bytes()).isEmpty();
                assertRefused(connection.request(method, target).answer(), 401, "KEY_MISSING");
            }
        }
    }

    @Test
    void head_is_answered_as_get_without_the_body_and_keeps_the_connection() throws IOException {
        try (var connection = new RawConnection(node)) {
            for (String header : List.of(key, "X-API-Key: junk", "X-Other: none")) {
                for (String target : List.of("/check", "/check/{x}")) {
                    Answer get = connection.request("GET", target, header).answer();
                    Answer head = connection.request("HEAD", target, header).answerToHead();
                    assertThat(head.status()).isEqualTo(get.status());
                    assertThat(head.headers()).isEqualTo(get.headers());
                    assertThat(get.header("Content-Length")).isEqualTo(String.valueOf(get.bytes().length));
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "application/json, 3",
        "application/json, 70000",
        "application/json, 1048576",
        "text/plain, 1048576",
        "application/x-www-form-urlencoded, 1048576",
        "multipart/form-data; boundary=b, 1048576",
        "multipart/form-data, 10",
        "no media type at all, 1048576",
        "application/json; charset=utf-16, 12000000"
    })
    void body_is_ignored_and_the_connection_stays_usable(String type, int length) throws IOException {
        try (var connection = new RawConnection(node)) {
            String body = "{".repeat(length);
            connection.requestWithBody(
                    "POST", "/check/x", body, key, "Content-Type: " + type, "Content-Length: " + length);
            assertThat(connection.answer().status()).isEqualTo(200);

            connection.requestWithBody("PUT", "/check", body, "Content-Type: " + type, "Content-Length: " + length);
            assertRefused(connection.answer(), 401, "KEY_MISSING");

            connection.requestWithBody(
                    "POST",
                    "/check",
                    Integer.toHexString(length) + "\r\n" + body + "\r\n0\r\n\r\n",
                    key,
                    "Content-Type: " + type,
                    "Transfer-Encoding: chunked");
            assertThat(connection.answer().status()).isEqualTo(200);

            assertThat(connection.request("GET", "/check", key).answer().status())
                    .isEqualTo(200);
        }
    }

    @Test
    void pipelined_requests_are_answered_in_order() throws IOException {
        try (var connection = new RawConnection(node)) {
            connection
                    .request("GET", "/check", key)
                    .request("GET", "/check")
                    .request("GET", "/check/|", key)
                    .request("GET", "/check", "X-API-Key: junk");
            assertThat(connection.answer().status()).isEqualTo(200);
            assertRefused(connection.answer(), 401, "KEY_MISSING");
            assertThat(connection.answer().status()).isEqualTo(200);
            assertInvalidToken(connection.answer(), "KEY_MALFORMED");
        }
    }

    @Test
    void headers_that_are_the_callers_own_business_change_nothing() throws IOException {
        try (var connection = new RawConnection(node)) {
            Answer answer = connection
                    .request(
                            "POST",
                            "/check/ws?x",
                            key,
                            "Accept: application/xml;q=oops, ///",
                            "Accept-Encoding: gzip, br",
                            "Accept-Language: ##",
                            "Content-Type: ;;;",
                            "Cookie: \u00FF=;;;==",
                            "Origin: https://evil.example",
                            "X-HTTP-Method-Override: DELETE",
                            "Connection: Upgrade",
                            "Upgrade: websocket",
                            "Sec-WebSocket-Version: 13",
                            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
                            "If-None-Match: *",
                            "Range: bytes=0-1",
                            "X-Large: " + "x".repeat(20_000))
                    .answer();
            assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "X-API-Key: \u00C3\u00A9",
                "X-API-Key: \u00FF\u0080",
                "Authorization: Bearer \u00E9\u00FF",
                "X-API-Key: kl_\u00C3\u00A90000000000000000000000000000000000"
            })
    void key_of_bytes_outside_ascii_is_malformed(String header) throws IOException {
        try (var connection = new RawConnection(node)) {
            assertInvalidToken(connection.request("GET", "/check", header).answer(), "KEY_MALFORMED");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /check HTTP/1.1\r\nHost: k\r\nContent-Length: many\r\n\r\n",
                "GET /check HTTP/1.1\r\nHost: k\r\nX-API-Key: a\u0001b\r\n\r\n",
                "GET /check/a b HTTP/1.1\r\nHost: k\r\n\r\n"
            })
    void what_is_not_http_is_refused_and_not_kept(String request) throws IOException {
        try (var connection = new RawConnection(node)) {
            Answer answer = connection.send(request).answer();
            assertProblem(answer, 400, "INVALID_REQUEST");
            assertThat(connection.isClosed()).isTrue();
        }
    }

    @Test
    void header_or_line_without_measure_is_refused_and_not_kept() throws IOException {
        for (String header : List.of("X-API-Key: " + "k".repeat(40_000), "Cookie: " + "c".repeat(40_000))) {
            try (var connection = new RawConnection(node)) {
                assertProblem(connection.request("GET", "/check", header).answer(), 431, "HEADERS_TOO_LARGE");
                assertThat(connection.isClosed()).isTrue();
            }
        }
        try (var connection = new RawConnection(node)) {
            Answer answer =
                    connection.request("GET", "/check/" + "x".repeat(20_000)).answer();
            assertProblem(answer, 414, "TARGET_TOO_LONG");
            assertThat(connection.isClosed()).isTrue();
        }
    }

    @Test
    void path_and_query_are_not_logged() throws IOException {
        var heard = new ListAppender<ILoggingEvent>();
        var root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        heard.start();
        root.addAppender(heard);
        try (var connection = new RawConnection(node)) {
            for (String target : List.of("/check/s3cret", "/check/s3cret|%zz?s3cret", "/check?scope=%22s3cret")) {
                connection.request("GET", target, key).answer();
                connection.request("GET", target).answer();
            }
        } finally {
            root.detachAppender(heard);
        }
        assertThat(heard.list).noneMatch(event -> event.getFormattedMessage().contains("s3cret"));
    }

    /** The text as UTF-8, with one character per byte. */
    private static String utf8(String text) {
        return new String(text.getBytes(UTF_8), ISO_8859_1);
    }
}
