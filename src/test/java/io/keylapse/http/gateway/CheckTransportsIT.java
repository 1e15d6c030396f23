package io.keylapse.http.gateway;

import static io.keylapse.harness.Node.freePort;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.EnvoyClient;
import io.keylapse.harness.EnvoyClient.Decision;
import io.keylapse.harness.Node;
import io.keylapse.harness.PythonEnvoyClient;
import io.keylapse.harness.Stores;
import io.keylapse.key.KeyFormat;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A check gets the same response with and without Micronaut, which handles it if the target is a whole URI, and by gRPC. */
class CheckTransportsIT {
    private static final String SUPPORT = "https://acme.example/help?a=%22&b=c";
    private static final int grpcPort = freePort();
    private static final Node node = Node.start(
            Stores.shared(),
            Map.of(
                    "keylapse.gateway.renew-url",
                    "https://renew.example/{owner}",
                    "keylapse.support-contact",
                    SUPPORT,
                    "keylapse.grpc.port",
                    grpcPort));
    private static final String owner = "Zoë " + UUID.randomUUID();
    private static final Answer good = node.admin().issue(owner, Duration.ofDays(1));
    private static final Answer expired = node.admin().issue(owner, Duration.ofSeconds(1));
    private static final Answer revoked = node.admin().issue(owner, Duration.ofDays(1));
    private static final Answer rotated = node.admin().issue(owner, Duration.ofDays(1));

    @BeforeAll
    static void start() {
        node.admin().delete("/v1/keys/" + revoked.text("id"));
        node.admin().post("/v1/keys/" + rotated.text("id") + "/rotate", "{\"grace\":\"PT0S\"}");
        await().atMost(10, SECONDS)
                .until(() -> node.anonymous().check(expired.text("key")).status() == 401);
    }

    /** The rows of the table of outcomes, except for unavailable stores. */
    enum Outcome {
        GOOD(200),
        MISSING(401),
        AMBIGUOUS(401),
        MALFORMED(401),
        UNKNOWN(401),
        EXPIRED(401),
        REVOKED(401),
        ROTATED(401),
        SCOPE_MISSING(403),
        INVALID(400);

        private final int status;

        Outcome(int status) {
            this.status = status;
        }

        String[] headers() {
            return switch (this) {
                case GOOD -> new String[] {"X-API-Key: " + good.text("key")};
                case MISSING -> new String[] {};
                case AMBIGUOUS ->
                    new String[] {"X-API-Key: " + good.text("key"), "Authorization: Bearer " + revoked.text("key")};
                case MALFORMED -> new String[] {"Authorization: Bearer a.b.c"};
                case UNKNOWN -> new String[] {"X-API-Key: " + Unissued.KEY};
                case EXPIRED -> new String[] {"X-API-Key: " + expired.text("key")};
                case REVOKED -> new String[] {"X-API-Key: " + revoked.text("key")};
                case ROTATED -> new String[] {"X-API-Key: " + rotated.text("key")};
                case SCOPE_MISSING -> new String[] {"X-API-Key: " + good.text("key"), "X-Required-Scopes: b a"};
                case INVALID -> new String[] {"X-Required-Scopes: \"", "X-API-Key: " + good.text("key")};
            };
        }
    }

    private static final class Unissued {
        static final String KEY = new KeyFormat("kl", List.of()).generate().reveal();
    }

    @ParameterizedTest
    @EnumSource
    void every_outcome_is_the_same_on_both_ways(Outcome outcome) throws IOException {
        for (String target : List.of("/check", "/check/a/b?c=d")) {
            for (String method : List.of("GET", "HEAD", "POST", "PURGE")) {
                Answer fast = ask(method, target, outcome.headers());
                Answer byMicronaut = ask(method, "http://keylapse" + target, outcome.headers());

                assertThat(fast.status()).isEqualTo(outcome.status);
                assertThat(byMicronaut.status()).isEqualTo(fast.status());
                assertThat(headersOf(byMicronaut)).isEqualTo(headersOf(fast));
                assertThat(byMicronaut.body()).isEqualTo(fast.body());
                assertThat(fast.headers().allValues("X-Content-Type-Options"))
                        .isEqualTo(outcome == Outcome.GOOD ? List.of() : List.of("nosniff"));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void every_outcome_is_the_same_by_grpc(Outcome outcome) throws IOException {
        Answer http = ask("GET", "/check", outcome.headers());

        Decision decision =
                new EnvoyClient(grpcPort).check(EnvoyClient.request(headersForGrpc(outcome), extensions(outcome)));

        assertSame(decision, http);
    }

    @Test
    void every_outcome_is_the_same_by_grpc_for_a_client_with_its_own_codec() throws IOException {
        if (System.getenv("REQUIRE_ALL_TESTS") == null) {
            assumeThat(PythonEnvoyClient.python()).as("Python with grpcio").isPresent();
        }
        List<Decision> decisions = PythonEnvoyClient.check(
                grpcPort,
                Stream.of(Outcome.values())
                        .map(outcome -> new PythonEnvoyClient.Asked(headersForGrpc(outcome), extensions(outcome)))
                        .toList());

        assertThat(decisions).hasSameSizeAs(Outcome.values());
        Iterator<Decision> next = decisions.iterator();
        for (Outcome outcome : Outcome.values()) {
            assertSame(next.next(), ask("GET", "/check", outcome.headers()));
        }
    }

    @Test
    void refusals_of_ended_keys_name_the_support_contact_and_other_answers_do_not() throws IOException {
        for (Outcome outcome : Outcome.values()) {
            boolean hasEnded = switch (outcome) {
                case EXPIRED, REVOKED, ROTATED -> true;
                default -> false;
            };
            Answer answer = ask("GET", "/check", outcome.headers());
            if (hasEnded) {
                assertThat(answer.text("supportContact")).as(outcome.name()).isEqualTo(SUPPORT);
            } else {
                assertThat(answer.body()).as(outcome.name()).doesNotContain("supportContact");
            }
        }
        var results = node.admin()
                .post(
                        "/v1/checks",
                        "{\"keys\":[\"%s\",\"%s\",\"%s\",\"%s\",\"%s\"]}"
                                .formatted(
                                        good.text("key"),
                                        expired.text("key"),
                                        revoked.text("key"),
                                        rotated.text("key"),
                                        Unissued.KEY))
                .json()
                .get("results");
        assertThat(results.valueStream().map(each -> each.path("supportContact").asText()))
                .containsExactly("", SUPPORT, SUPPORT, SUPPORT, "");
        for (Answer key : List.of(good, expired)) {
            assertThat(node.anonymous()
                            .get("/v1/self", "X-API-Key", key.text("key"))
                            .text("supportContact"))
                    .isEqualTo(SUPPORT);
        }
    }

    private static void assertSame(Decision decision, Answer http) {
        assertThat(decision.status()).isEqualTo(http.status());
        assertThat(decision.body()).isEqualTo(http.body());
        Map<String, List<String>> expected = headersOf(http);
        expected.remove("Content-Length");
        if (http.status() == 200) {
            // Only for the gateway.
            expected.remove("Cache-Control");
        }
        var headers = new TreeMap<String, List<String>>(String.CASE_INSENSITIVE_ORDER);
        decision.headers().forEach((name, value) -> headers.put(name, List.of(value)));
        assertThat(headers).isEqualTo(expected);
    }

    /** Envoy's request has all headers of the caller in lower case; scopes are demanded in another place. */
    private static Map<String, String> headersForGrpc(Outcome outcome) {
        var headers = new TreeMap<String, String>();
        for (String header : outcome.headers()) {
            String[] nameAndValue = header.split(": ", 2);
            if (!nameAndValue[0].equals("X-Required-Scopes")) {
                headers.put(nameAndValue[0].toLowerCase(Locale.ROOT), nameAndValue[1]);
            }
        }
        return headers;
    }

    private static Map<String, String> extensions(Outcome outcome) {
        return Stream.of(outcome.headers())
                .filter(header -> header.startsWith("X-Required-Scopes: "))
                .map(header -> Map.of("scopes", header.substring("X-Required-Scopes: ".length())))
                .findFirst()
                .orElse(Map.of());
    }

    @Test
    void check_is_answered_where_http_2_is_spoken_too() throws Exception {
        try (Node both = Node.start(Stores.shared(), Map.of("micronaut.server.http-version", "2.0"));
                var connection = new RawConnection(both)) {
            assertThat(connection
                            .request("GET", "/check/|", Outcome.GOOD.headers())
                            .answer()
                            .status())
                    .isEqualTo(200);
            assertThat(connection.request("CONNECT", "/check").answer().status())
                    .isEqualTo(401);
            try (HttpClient client =
                    HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build()) {
                HttpRequest request = HttpRequest.newBuilder(URI.create("http://localhost:" + both.port() + "/check/x"))
                        .header("X-API-Key", String.valueOf(good.text("key")))
                        .build();
                for (int i = 0; i < 2; i++) {
                    HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
                    assertThat(response.version()).isEqualTo(HttpClient.Version.HTTP_2);
                    assertThat(response.statusCode()).isEqualTo(200);
                }
            }
        }
    }

    private static Map<String, List<String>> headersOf(Answer answer) {
        var headers = new TreeMap<String, List<String>>(String.CASE_INSENSITIVE_ORDER);
        headers.putAll(answer.headers().map());
        headers.remove("Date");
        return headers;
    }

    private static Answer ask(String method, String target, String... headers) throws IOException {
        try (var connection = new RawConnection(node)) {
            connection.request(method, target, headers);
            return method.equals("HEAD") ? connection.answerToHead() : connection.answer();
        }
    }
}
