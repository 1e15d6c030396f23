package io.keylapse.client;

import static io.keylapse.client.ScriptedNode.GOOD;
import static io.keylapse.client.ScriptedNode.REFUSED;
import static io.keylapse.client.ScriptedNode.UNAVAILABLE;
import static io.keylapse.client.ScriptedNode.good;
import static io.keylapse.client.ScriptedNode.problem;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.keylapse.client.CheckResult.Good;
import io.keylapse.client.CheckResult.Refused;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Only what {@code /check} answers is a result. */
class StrictAnswersTest {
    private static final String CHALLENGE = "WWW-Authenticate: Bearer realm=\"keylapse\"";

    @Test
    void valid_key_has_its_owner_scopes_and_deadline_decoded_and_its_headers_as_they_came() throws IOException {
        Good good = (Good) result(good(
                "M%C3%BCller%20%26+co",
                "X-Key-Expires-At: 2026-11-22T16:42:38.641Z",
                "X-Key-Expires-In: 59",
                "X-Key-Cache-For: 100",
                "Set-Cookie: a=b"));
        assertThat(good.owner()).isEqualTo("Müller &+co");
        assertThat(good.keyId()).isEqualTo("key_1a");
        assertThat(good.scopes()).containsExactly("read", "write");
        assertThat(good.expiresAt()).isEqualTo(Instant.parse("2026-11-22T16:42:38.641Z"));
        assertThat(good.expiresIn()).isEqualTo(Duration.ofSeconds(59));
        assertThat(good.headers())
                .containsOnlyKeys(
                        "X-Consumer-ID",
                        "X-Credential-Identifier",
                        "X-Key-Scopes",
                        "X-Key-Expires-At",
                        "X-Key-Expires-In")
                .containsEntry("x-consumer-id", "M%C3%BCller%20%26+co");
    }

    @Test
    void key_without_deadline_and_scopes_is_valid_too() throws IOException {
        Good good = (Good) result(GOOD.replace("X-Key-Scopes: read write", "X-Key-Scopes:"));
        assertThat(good.scopes()).isEmpty();
        assertThat(good.expiresAt()).isNull();
        assertThat(good.expiresIn()).isNull();
    }

    @Test
    void refusal_is_passed_on_whole() throws IOException {
        Refused refused = (Refused) result(REFUSED.replace("\r\nX-Key-Id", "\r\nSet-Cookie: a=b\r\nX-Key-Id"));
        assertThat(refused.status()).isEqualTo(401);
        assertThat(refused.code()).isEqualTo("KEY_EXPIRED");
        assertThat(refused.body()).isEqualTo("{\"status\":401,\"detail\":\"Zoë\",\"code\":\"KEY_EXPIRED\"}");
        assertThat(refused.keyId()).isEqualTo("key_1a");
        assertThat(refused.expiredAt()).isEqualTo(Instant.parse("2026-11-22T16:42:38.641Z"));
        assertThat(refused.renewUrl()).isEqualTo("https://renew.example/Müller?a=100%");
        assertThat(refused.successorId()).isNull();
        assertThat(refused.headers())
                .containsOnlyKeys(
                        "Content-Type",
                        "Cache-Control",
                        "X-Content-Type-Options",
                        "X-Key-Code",
                        "WWW-Authenticate",
                        "X-Key-Id",
                        "X-Key-Expired-At",
                        "X-Key-Renew-Url")
                .containsEntry("X-Key-Renew-Url", "https://renew.example/M%C3%BCller?a=100%25");
    }

    @Test
    void successor_is_read_from_the_body_and_not_from_a_text_in_it() throws IOException {
        String rotated = problem("401 Unauthorized", "KEY_ROTATED", CHALLENGE);
        assertThat(((Refused) result(withBody(rotated, "{\"code\":\"KEY_ROTATED\",\"successorId\":\"key_2b\"}")))
                        .successorId())
                .isEqualTo("key_2b");
        assertThat(((Refused) result(withBody(
                                rotated,
                                "{\"code\":\"KEY_ROTATED\",\"detail\":\"{\\\"successorId\\\":\\\"key_2b\\\"\"}")))
                        .successorId())
                .isNull();
    }

    @Test
    void time_to_wait_is_known_from_an_answer_of_503() {
        assertThatThrownBy(() -> result(UNAVAILABLE))
                .isInstanceOfSatisfying(
                        NoResultException.class, e -> assertThat(e.retryAfter()).isEqualTo(Duration.ofSeconds(7)));
    }

    static Stream<String> broken() {
        var all = new LinkedHashMap<String, String>();
        all.put("nothing", "");
        all.put("no HTTP", "SSH-2.0-OpenSSH_9.2\r\n\r\n");
        all.put("HTTP/1.0", GOOD.replace("HTTP/1.1", "HTTP/1.0"));
        all.put("HTTP/1.10", GOOD.replace("HTTP/1.1", "HTTP/1.10"));
        all.put("interim answer", "HTTP/1.1 100 Continue\r\n\r\n" + GOOD);
        all.put("status without a space", GOOD.replace("200 OK", "200"));
        all.put("other success", GOOD.replace("200 OK", "204 No Content"));
        all.put("redirect", GOOD.replace("200 OK", "302 Found"));
        all.put("wrong path", problem("404 Not Found", "NOT_FOUND"));
        all.put("invalid request", problem("400 Bad Request", "INVALID_REQUEST"));
        all.put("internal error", problem("500 Internal Server Error", "INTERNAL_ERROR"));
        all.put("store unavailable", UNAVAILABLE);
        all.put("bare line feeds", GOOD.replace("\r\n", "\n"));
        all.put("bare carriage return", GOOD.replace("\r\nX-Key-Scopes", "\rX-Key-Scopes"));
        all.put("folded header", GOOD.replace("X-Key-Scopes: read", "X-Key-Scopes:\r\n read"));
        all.put("space before the colon", GOOD.replace("X-Key-Scopes:", "X-Key-Scopes :"));
        all.put("no colon", GOOD.replace("X-Key-Scopes:", "X-Key-Scopes"));
        all.put("no name", GOOD.replace("X-Key-Scopes:", ":"));
        all.put("control character", GOOD.replace("acme", "ac\0me"));
        all.put("beyond ASCII", GOOD.replace("acme", "Müller"));
        all.put("header twice", good("acme", "x-consumer-id: other"));
        all.put("length twice", good("acme", "Content-Length: 0"));
        all.put("no length", GOOD.replace("content-length: 0\r\n", ""));
        all.put("length with a sign", GOOD.replace("content-length: 0", "content-length: +0"));
        all.put("two lengths in one", GOOD.replace("content-length: 0", "content-length: 0, 0"));
        all.put("chunked", good("acme", "Transfer-Encoding: chunked"));
        all.put("bytes after it", GOOD + "x");
        all.put("second answer after it", GOOD + GOOD);
        all.put("head too long", good("acme", "X-A: " + "x".repeat(AnswerReader.MAX_HEAD_BYTES)));
        all.put(
                "too many headers",
                good(
                        "acme",
                        Stream.iterate(0, i -> i + 1)
                                .limit(101)
                                .map(i -> "X-" + i + ": a")
                                .toArray(String[]::new)));
        all.put("body too long", withBody(REFUSED, "{\"code\":\"KEY_EXPIRED\"," + " ".repeat(65_536) + "}"));
        all.put("head cut off", GOOD.substring(0, GOOD.length() - 2));
        all.put("body cut off", REFUSED.substring(0, REFUSED.length() - 3));
        all.put("valid with a body", withBody(GOOD, "hello"));
        all.put("valid without an owner", GOOD.replace("X-Consumer-ID: acme\r\n", ""));
        all.put("valid with an empty owner", GOOD.replace("acme", ""));
        all.put("valid without an id", GOOD.replace("X-Credential-Identifier: key_1a\r\n", ""));
        all.put("valid with another id", GOOD.replace("key_1a", "mgmt_1a"));
        all.put("valid without scopes", GOOD.replace("X-Key-Scopes: read write\r\n", ""));
        all.put("valid with a malformed deadline", good("acme", "X-Key-Expires-At: soon"));
        all.put("valid with malformed time left", good("acme", "X-Key-Expires-In: -1"));
        all.put("malformed encoding", GOOD.replace("acme", "100%"));
        all.put("malformed encoding at the end", GOOD.replace("acme", "a%4"));
        all.put("encoding that is not UTF-8", GOOD.replace("acme", "%FF"));
        all.put("refused without a code", REFUSED.replace("X-Key-Code: KEY_EXPIRED\r\n", ""));
        all.put("refused with two codes", REFUSED.replace("X-Key-Code: KEY_EXPIRED", "X-Key-Code: KEY_REVOKED"));
        all.put("refused without a challenge", problem("401 Unauthorized", "KEY_EXPIRED"));
        all.put("refused with a page", REFUSED.replace("application/problem+json", "text/html"));
        all.put("refused without a body", withBody(REFUSED, ""));
        all.put("refused with another body", withBody(REFUSED, "<code>\"KEY_EXPIRED\"</code>"));
        all.put("refused with a malformed id", REFUSED.replace("key_1a", "1a"));
        all.put("refused with a malformed instant", REFUSED.replace("2026-11-22T", "2026-13-22T"));
        all.put(
                "refused by a proxy",
                "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nno");
        return all.entrySet().stream().map(each -> each.getKey() + "|" + each.getValue());
    }

    @ParameterizedTest(name = "{index}")
    @MethodSource("broken")
    void other_answer_is_no_result(String named) {
        String name = named.substring(0, named.indexOf('|'));
        String answer = named.substring(name.length() + 1);
        assertThatThrownBy(() -> result(answer)).as(name).isInstanceOf(IOException.class);
    }

    @Test
    void valid_key_without_a_required_scope_is_no_result() {
        assertThatThrownBy(() -> CheckAnswers.result(read(GOOD), List.of("read", "admin")))
                .isInstanceOf(NoResultException.class);
    }

    @Test
    void connection_is_kept_unless_the_node_says_otherwise() throws IOException {
        var kept = Map.of("", false, "connection: keep-alive", false, "Connection: close", true, "Connection: x", true);
        for (var each : kept.entrySet()) {
            String answer = each.getKey().isEmpty() ? GOOD : good("acme", each.getKey());
            assertThat(read(answer).isLast()).as(each.getKey()).isEqualTo(each.getValue());
        }
    }

    private static String withBody(String answer, String body) {
        return answer.substring(0, answer.indexOf("content-length")) + "content-length: " + body.getBytes(UTF_8).length
                + "\r\n\r\n" + body;
    }

    private static CheckResult result(String answer) throws IOException {
        return CheckAnswers.result(read(answer), List.of());
    }

    private static AnswerReader.Answer read(String answer) throws IOException {
        return new AnswerReader(new ByteArrayInputStream(answer.getBytes(UTF_8))).read();
    }
}
