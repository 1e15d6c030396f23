package io.keylapse.gateways.examples;

import static io.keylapse.harness.Client.quote;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.gateways.KeylapseFront;
import io.keylapse.gateways.KeylapseFront.Fault;
import io.keylapse.gateways.examples.RunningExample.Seen;
import io.keylapse.gateways.wire.HttpMessage;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Builds and runs the programs in {@code examples/}, so it runs by itself: {@code mvn -Pexamples verify}. */
class Examples {
    private static final int CHECKS = 20;

    private static final String[] FORGED = {
        "X-Consumer-ID: forged",
        "x_consumer_id: forged",
        "X.Consumer.ID: forged",
        "X-Credential-Identifier: forged",
        "X-Key-Scopes: forged",
        "X-Key-Expires-At: forged",
        "X_KEY_EXPIRES_IN: forged"
    };

    /** Paths that some reader takes for one below {@code /write}. */
    private static final List<String> WRITE = List.of("""
            /write /write/x /%77rite /%77rite/x //write /./write /x/../write /x/%2e%2e/write /x%2F..%2Fwrite /write%2Fx
            /write/../hello /write/%2e%2e/hello /write/x/../../hello /write;a=b /;/write /write;a=b/../hello /WRITE
            /hello/..;/write /hello/../write/x /\\write /%2Fwrite /%5Cwrite""".split("\\s+", -1));

    private static final Node node = Node.start(
            Stores.shared(), Map.of("keylapse.gateway.renew-url", "https://renew.example/{keyId}?owner={owner}"));
    private static final String owner = "Müller & Söhne " + Node.owner();
    private static final String reader = issue("P1D", "read").text("key");
    private static final String writer = issue("P1D", "write").text("key");
    private static BuiltExamples examples = new BuiltExamples();

    private static Answer issue(String ttl, String scope) {
        return node.admin()
                .issue("{\"owner\":%s,\"name\":\"n\",\"ttl\":\"%s\",\"scopes\":[\"%s\"]}"
                        .formatted(quote(owner), ttl, scope));
    }

    @BeforeAll
    static void buildAndStart() throws Exception {
        examples = BuiltExamples.start(node.port());
    }

    private static RunningExample of(Example example) {
        return examples.of(example);
    }

    private static String key(String key) {
        return "X-API-Key: " + key;
    }

    private static String bearer(String key) {
        return "Authorization: Bearer " + key;
    }

    @ParameterizedTest
    @EnumSource
    void api_sees_whose_key_it_is_and_neither_the_key_nor_forged_identity(Example example) throws Exception {
        RunningExample run = of(example);
        for (String presented : List.of(key(reader), bearer(reader))) {
            String[] lines = Stream.concat(Stream.of(presented, "X-Other: passes"), Stream.of(FORGED))
                    .toArray(String[]::new);
            Seen seen = run.pass("GET /hello", lines);
            assertThat(seen.owner()).isEqualTo(owner);
            assertThat(seen.all("X-Other")).containsExactly("passes");
            assertThat(seen.headers().toString()).doesNotContain("forged", reader);
        }
        assertThat(run.pass("GET /write/x", key(writer)).path()).isEqualTo("/write/x");
    }

    /** In these two, the request that reaches the API is another one than the one that arrived. */
    @ParameterizedTest
    @EnumSource(names = {"MICRONAUT", "SPRING_CLOUD_GATEWAY"})
    void body_reaches_the_api_whole(Example example) throws Exception {
        RunningExample run = of(example);
        String body = "0123456789".repeat(20_000);
        assertThat(run.bodyThatReachesTheApi("/write", body, key(writer))).isEqualTo(body);
    }

    /** The container dispatches to its error page, which the filter sees too. */
    @Test
    void error_page_of_the_container_shows_neither_key_nor_forged_identity() throws Exception {
        RunningExample run = of(Example.SPRING_BOOT);
        HttpMessage missing = run.ask("GET /nothing", key(reader), "X-Consumer-ID: forged");
        assertThat(missing.status()).isEqualTo(404);
        assertThat(missing.toString()).contains("/nothing").doesNotContain(reader, "forged");
        HttpMessage unknown = run.ask("GET /nothing");
        assertThat(unknown.status()).isEqualTo(401);
    }

    @ParameterizedTest
    @EnumSource
    void token_of_another_application_reaches_the_api(Example example) throws Exception {
        RunningExample run = of(example);
        for (String token :
                List.of("Authorization: Bearer eyJhbGciOi.J9_kl_abc.x-y_z", "Authorization: Basic dXNlcg==")) {
            Seen seen = run.pass("GET /hello", key(reader), token);
            assertThat(seen.all("Authorization")).containsExactly(token.substring("Authorization: ".length()));
        }
    }

    @ParameterizedTest
    @EnumSource
    void refusal_reaches_the_caller_whole_and_the_api_nothing(Example example) throws Exception {
        RunningExample run = of(example);
        String expired = issue("PT1S", "read").text("key");
        Answer revoked = issue("P1D", "read");
        node.admin().delete("/v1/keys/" + revoked.text("id"));
        await().atMost(20, SECONDS)
                .until(() ->
                        "KEY_EXPIRED".equals(node.anonymous().check(expired).header("X-Key-Code")));
        for (List<String> lines : List.of(
                List.<String>of(),
                List.of(key("kl_nonsense")),
                List.of(bearer("of-another-application")),
                List.of(key(expired)),
                List.of(bearer(expired)),
                List.of(key(revoked.text("key"))),
                List.of(key(writer)),
                List.of(key(reader), bearer(writer)))) {
            String[] headers = lines.toArray(String[]::new);
            HttpMessage refused = run.ask("GET /hello", headers);
            HttpMessage said = run.saidByKeylapse("read", headers);
            assertThat(said.status()).isIn(401, 403);
            assertThat(refused.status()).as(refused.body()).isEqualTo(said.status());
            assertThat(refused.body()).isEqualTo(said.body());
            for (String header : List.of(
                    "Content-Type",
                    "Cache-Control",
                    "WWW-Authenticate",
                    "X-Key-Code",
                    "X-Key-Id",
                    "X-Key-Expired-At",
                    "X-Key-Renew-Url",
                    "X-Content-Type-Options")) {
                assertThat(refused.all(header))
                        .as("%s of %s", header, said.body())
                        .isEqualTo(said.all(header));
            }
            assertThat(run.hasReached("", refused)).isFalse();
        }
    }

    @ParameterizedTest
    @EnumSource
    void no_spelling_of_a_path_lets_a_reader_write(Example example) throws Exception {
        RunningExample run = of(example);
        HttpMessage refused = run.ask("GET /write", key(reader));
        assertThat(refused.status()).isEqualTo(403);
        assertThat(refused.one("X-Key-Code")).isEqualTo("SCOPE_MISSING");
        for (String path : WRITE) {
            HttpMessage answer = run.ask("GET " + path, key(reader));
            assertThat(run.hasReached("rite", answer))
                    .as("%s: %s", path, answer.body())
                    .isFalse();
        }
    }

    @Test
    void route_of_the_gateway_without_scopes_is_closed_to_everybody() throws Exception {
        RunningExample run = of(Example.SPRING_CLOUD_GATEWAY);
        HttpMessage refused = run.ask("GET /unscoped", key(writer));
        assertThat(refused.one("X-Key-Code")).isEqualTo("SCOPE_MISSING");
        assertThat(run.hasReached("", refused)).isFalse();
    }

    @ParameterizedTest
    @EnumSource
    void callers_own_scopes_mean_nothing(Example example) throws Exception {
        RunningExample run = of(example);
        assertThat(run.ask("GET /write?scope=read", key(reader), "X-Required-Scopes: read")
                        .status())
                .isEqualTo(403);
        run.pass("GET /hello?scope=write", key(reader), "X-Required-Scopes: write");
    }

    @ParameterizedTest
    @EnumSource
    void without_keylapse_the_caller_gets_503_and_the_api_nothing(Example example) throws Exception {
        RunningExample run = of(example);
        for (Fault fault :
                List.of(Fault.DOWN, Fault.HANGING, Fault.ANSWERING_503, Fault.ANSWERING_404, Fault.REDIRECTING)) {
            run.nodes().forEach(each -> each.fail(fault));
            assertUnavailable(run, run.ask("GET /hello", key(reader)), fault.toString());
            run.nodes().forEach(KeylapseFront::heal);
        }
        run.nodes().forEach(each -> each.answerWith(KeylapseFront.answer("200 OK")));
        assertUnavailable(run, run.ask("GET /hello", key(reader)), "a 200 that names no key");
    }

    private static void assertUnavailable(RunningExample run, HttpMessage answer, String why) {
        assertThat(answer.status()).as(why + answer.body() + run.log()).isEqualTo(503);
        assertThat(answer.one("X-Key-Code")).as(why).isEqualTo("STORE_UNAVAILABLE");
        assertThat(answer.one("Content-Type")).as(why).isEqualTo("application/problem+json");
        assertThat(answer.one("Retry-After")).as(why).isEqualTo("1");
        assertThat(answer.body()).contains("\"STORE_UNAVAILABLE\"");
        assertThat(run.hasReached("", answer)).isFalse();
    }

    @ParameterizedTest
    @EnumSource
    void node_that_is_down_or_fails_costs_no_request(Example example) throws Exception {
        RunningExample run = of(example);
        for (Fault fault : List.of(Fault.DOWN, Fault.CLOSING, Fault.ANSWERING_503, Fault.SPEAKING_NONSENSE)) {
            run.nodes().getFirst().fail(fault);
            for (int i = 0; i < 4; i++) {
                assertThat(run.pass("GET /hello", key(reader)).owner())
                        .as(fault.toString())
                        .isEqualTo(owner);
            }
            run.nodes().getFirst().heal();
        }
    }

    @ParameterizedTest
    @EnumSource
    void connections_to_keylapse_are_kept_and_replaced_when_a_node_closes_them(Example example) throws Exception {
        RunningExample run = of(example);
        var before = new ArrayList<Integer>();
        run.nodes().forEach(each -> before.add(each.connections()));
        for (int i = 0; i < CHECKS; i++) {
            run.pass("GET /hello", key(reader));
        }
        for (int i = 0; i < before.size(); i++) {
            assertThat(run.nodes().get(i).connections() - before.get(i)).isLessThan(CHECKS / 4);
        }
        run.nodes().forEach(KeylapseFront::cut);
        run.pass("GET /hello", key(reader));
        run.pass("GET /hello", key(reader));
    }
}
