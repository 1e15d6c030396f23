package io.keylapse.gateways;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.gateways.KeylapseFront.Fault;
import io.keylapse.gateways.wire.Caller;
import io.keylapse.gateways.wire.HttpMessage;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.key.KeyFormat;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Refusals reach the caller as Keylapse says them, and the backend receives nothing. */
class RefusalsIT {
    private static final List<String> HEADERS = List.of(
            "Content-Type",
            "Cache-Control",
            "X-Content-Type-Options",
            "WWW-Authenticate",
            "X-Key-Code",
            "X-Key-Id",
            "X-Key-Expired-At",
            "X-Key-Renew-Url",
            "Retry-After");

    /** A busy machine may take longer than nginx waits for the body of a refusal. */
    private static final int ATTEMPTS = 5;

    private static final int NOTICE_MILLIS = 300;

    @TempDir
    static Path folder;

    private static final Node node = Node.start(
            Stores.shared(), Map.of("keylapse.gateway.renew-url", "https://renew.example/{keyId}?owner={owner}"));
    private static Sites sites = new Sites();
    private static String reader = "";
    private static String expired = "";
    private static String revoked = "";
    /** The header lines of requests to {@code /x}, and the code of their refusal. */
    private static final List<Case> cases = new ArrayList<>();

    private record Case(String code, String target, List<String> headers) {
        Case(String code, String target, String... headers) {
            this(code, target, List.of(headers));
        }

        String[] lines() {
            return headers.toArray(String[]::new);
        }
    }

    @BeforeAll
    static void start() {
        String unknown = new KeyFormat("kl", List.of()).generate().reveal();
        reader = Sites.issue(node, Node.owner(), "P1D", "read").text("key");
        expired = Sites.issue(node, "Müller & Söhne " + Node.owner(), "PT1S", "read")
                .text("key");
        revoked = ended("revoke", "{\"reason\":\"leaked\"}");
        String rotated = ended("rotate", "{\"grace\":\"PT0S\"}");
        String withoutScopes = Sites.issue(node, Node.owner(), "P1D").text("key");
        cases.addAll(List.of(
                new Case("KEY_MISSING", "/x"),
                new Case("KEY_MISSING", "/x", "X-API-Key: "),
                new Case("KEY_MISSING", "/x", "Authorization: Basic dXNlcjpwYXNz"),
                new Case("KEY_MALFORMED", "/x", "X-API-Key: kl_nonsense"),
                new Case("KEY_MALFORMED", "/x", "Authorization: Bearer of-another-application"),
                new Case("KEY_UNKNOWN", "/x", "X-API-Key: " + unknown),
                new Case("KEY_EXPIRED", "/x", "X-API-Key: " + expired),
                new Case("KEY_EXPIRED", "/x", "Authorization: Bearer " + expired),
                new Case("KEY_REVOKED", "/x", "X-API-Key: " + revoked),
                new Case("KEY_ROTATED", "/x", "X-API-Key: " + rotated),
                new Case("SCOPE_MISSING", "/write", "X-API-Key: " + reader),
                new Case("SCOPE_MISSING", "/x", "X-API-Key: " + withoutScopes),
                new Case("KEY_AMBIGUOUS", "/x", "X-API-Key: " + reader, "Authorization: Bearer " + revoked)));
        sites = Sites.start(folder, node.port());
        await().atMost(20, SECONDS)
                .until(() ->
                        "KEY_EXPIRED".equals(node.anonymous().check(expired).header("X-Key-Code")));
    }

    private static String ended(String how, String body) {
        Answer issued = Sites.issue(node, Node.owner(), "P1D", "read");
        assertThat(node.admin()
                        .post("/v1/keys/" + issued.text("id") + "/" + how, body)
                        .status())
                .isBetween(200, 201);
        return issued.text("key");
    }

    private static void assertHeadersWhole(Site site, HttpMessage said, HttpMessage answer) {
        assertThat(answer.status()).as(answer.toString()).isEqualTo(said.status());
        for (String header : HEADERS) {
            assertThat(answer.all(header)).as("%s of %s", header, said.body()).isEqualTo(said.all(header));
        }
        assertThat(site.backend().takeReceived()).isEmpty();
    }

    private static void assertWhole(Site site, HttpMessage said, Callable<HttpMessage> request) throws Exception {
        HttpMessage answer = request.call();
        assertHeadersWhole(site, said, answer);
        for (int i = 0; i < ATTEMPTS && site.gateway().hasShortened(answer); i++) {
            answer = request.call();
        }
        assertThat(answer.body()).isEqualTo(said.body());
    }

    @ParameterizedTest
    @EnumSource
    void refusal_reaches_the_caller_whole_whatever_the_request_is_and_the_backend_receives_nothing(Gateway gateway)
            throws Exception {
        Site site = sites.of(gateway);
        for (Case each : cases) {
            String scopes = "X-Required-Scopes: " + (each.target.equals("/write") ? "write" : "read");
            HttpMessage said = Caller.exchange(node.port(), Site.with(Site.head("GET /check", each.lines()), scopes));
            assertThat(said.one("X-Key-Code")).isEqualTo(each.code);
            String body = "x".repeat(3000);
            assertWhole(site, said, () -> site.ask("GET " + each.target, each.lines()));
            assertWhole(site, said, () -> site.ask("DELETE " + each.target, each.lines()));
            assertWhole(site, said, () -> site.send("POST " + each.target, body, each.lines()));
            assertWhole(site, said, () -> site.sendInChunks("PUT " + each.target, body, 1000, each.lines()));
            assertHeadersWhole(site, said, site.ask("HEAD " + each.target, each.lines()));
        }
    }

    @ParameterizedTest
    @EnumSource
    void large_or_announced_body_of_a_refused_request_does_not_cost_the_refusal(Gateway gateway) throws Exception {
        Site site = sites.of(gateway);
        HttpMessage large = site.send("POST /x", "z".repeat(8_000_000), "X-API-Key: " + expired);
        assertThat(large.one("X-Key-Code")).isEqualTo("KEY_EXPIRED");
        try (Caller caller = site.connect()) {
            caller.send(
                    Site.head("POST /x", "X-API-Key: " + expired, "Content-Length: 100000", "Expect: 100-continue"));
            HttpMessage first = caller.next("POST");
            if (first.status() == 100) {
                caller.send("z".repeat(100_000));
                first = caller.answer("POST");
            }
            assertThat(first.one("X-Key-Code")).isEqualTo("KEY_EXPIRED");
        }
        assertThat(site.backend().takeReceived()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void backends_own_errors_pass_as_they_are(Gateway gateway) throws Exception {
        Site site = sites.of(gateway);
        for (int status : List.of(401, 403, 404, 500, 503)) {
            HttpMessage answer = site.ask("GET /x?status=" + status, "X-API-Key: " + reader);
            assertThat(answer.status()).isEqualTo(status);
            assertThat(answer.body()).isEqualTo(Backend.ANSWER);
            assertThat(answer.one("X-Backend")).isEqualTo("yes");
            assertThat(answer.all("X-Key-Code")).isEmpty();
            site.backend().takeOnly();
        }
    }

    @ParameterizedTest
    @EnumSource
    void callers_connection_can_be_used_after_a_refusal(Gateway gateway) throws Exception {
        Site site = sites.of(gateway);
        var statuses = new ArrayList<Integer>();
        try (Caller caller = site.connect()) {
            for (String key : List.of(expired, reader, revoked, reader)) {
                caller.send(Site.keptHead("GET /x", "X-API-Key: " + key));
                statuses.add(caller.answer("GET").status());
            }
        }
        assertThat(statuses).containsExactly(401, 200, 401, 200);
        assertThat(site.backend().takeReceived()).hasSize(2);
    }

    @ParameterizedTest
    @EnumSource
    void caller_that_ends_its_half_of_the_connection_during_the_check_does_not_evade_it(Gateway gateway)
            throws Exception {
        Site site = sites.of(gateway);
        for (String[] headers : List.of(new String[0], new String[] {"X-API-Key: " + expired})) {
            int before = site.node().checks().size();
            site.node().fail(Fault.HANGING);
            try (Caller caller = site.connect()) {
                caller.send(Site.keptHead("GET /x", headers));
                await().atMost(10, SECONDS).until(() -> site.node().checks().size() > before);
                caller.sendNoMore();
                // Some gateways notice it now and end the connection, others answer.
                caller.isEndedWithin(NOTICE_MILLIS);
                site.node().heal();
                assertThat(caller.readAll()).doesNotContain(Backend.ANSWER);
            }
            // The gateway may leave the node out for a second. The backend gets this request or none.
            int next = site.ask("GET /next", "X-API-Key: " + reader).status();
            assertThat(next).isIn(200, 503);
            assertThat(site.backend().takeReceived())
                    .extracting(HttpMessage::target)
                    .isEqualTo(next == 200 ? List.of("/next") : List.of());
        }
    }
}
