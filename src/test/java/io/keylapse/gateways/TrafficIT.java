package io.keylapse.gateways;

import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.gateways.wire.Caller;
import io.keylapse.gateways.wire.HttpMessage;
import io.keylapse.harness.Node;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Requests reach the backend as they came, and checks share connections. */
class TrafficIT {
    private static final List<String> TARGETS = List.of(
            "/a%20b/%C3%BC/x?q=%20%2B&z=a+b",
            "/a%2Fb",
            "/a%2fb%2Fc",
            "/p%25q/%3Fx",
            "/a;b=c/d",
            "/a,b;c:d@e!$&'()*+=~_-.",
            "/a//b",
            "/a/..b/c..",
            "/.well-known/x",
            "/%7Euser",
            "/x?",
            "/x?path=../../write",
            "/x?u=http://a/b//c",
            "/x?a=%zz");
    private static final String[] WEBSOCKET = {
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13"
    };

    /** Many more than a gateway may open connections for. */
    private static final int CHECKS = 30;

    @TempDir
    static Path folder;

    private static final Node node = Node.shared();
    private static Sites sites = new Sites();
    private static String key = "";

    @BeforeAll
    static void start() {
        key = "X-API-Key: " + Sites.issue(node, Node.owner(), "P1D", "read").text("key");
        sites = Sites.start(folder, node.port());
    }

    private static String bytes(int length) {
        var random = new Random(length);
        return random.ints(length, 0, 256)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    private static String[] with(String[] headers, String header) {
        var all = new ArrayList<>(List.of(headers));
        all.add(header);
        return all.toArray(String[]::new);
    }

    @ParameterizedTest
    @EnumSource
    void large_bodies_pass_whole_in_one_piece_and_in_chunks(Gateway gateway) throws Exception {
        Site site = sites.of(gateway);
        String body = bytes(3_000_000);
        assertThat(site.send("POST /x", body, key).status()).isEqualTo(200);
        assertThat(site.backend().takeOnly().body().equals(body)).isTrue();
        assertThat(site.sendInChunks("PUT /x", body, 50_000, key).status()).isEqualTo(200);
        assertThat(site.backend().takeOnly().body().equals(body)).isTrue();
        assertThat(site.send("GET /x", "body of a GET", key).status()).isEqualTo(200);
        assertThat(site.backend().takeOnly().body()).isEqualTo("body of a GET");
    }

    @ParameterizedTest
    @EnumSource
    void body_that_waits_for_100_continue_passes(Gateway gateway) throws Exception {
        Site site = sites.of(gateway);
        try (Caller caller = site.connect()) {
            caller.send(Site.head("POST /x", key, "Content-Length: 5", "Expect: 100-continue"));
            assertThat(caller.next("POST").status()).isEqualTo(100);
            caller.send("hello");
            assertThat(caller.answer("POST").status()).isEqualTo(200);
        }
        assertThat(site.backend().takeOnly().body()).isEqualTo("hello");
    }

    @ParameterizedTest
    @EnumSource
    void every_method_passes(Gateway gateway) throws Exception {
        Site site = sites.of(gateway);
        for (String method : List.of("HEAD", "DELETE", "PATCH", "OPTIONS", "PROPFIND")) {
            HttpMessage answer = site.ask(method + " /x", key);
            assertThat(answer.status()).as(method).isEqualTo(200);
            assertThat(answer.body()).isEqualTo(method.equals("HEAD") ? "" : Backend.ANSWER);
            assertThat(site.backend().takeOnly().method()).isEqualTo(method);
        }
        assertThat(site.ask("TRACE /x", key).body()).doesNotContain(key);
        site.backend().takeReceived();
    }

    @ParameterizedTest
    @EnumSource
    void path_and_query_pass_as_they_came(Gateway gateway) throws Exception {
        Site site = sites.of(gateway);
        for (String target : TARGETS) {
            assertThat(site.ask("GET " + target, key).status()).as(target).isEqualTo(200);
            assertThat(site.backend().takeOnly().target()).isEqualTo(target);
        }
    }

    @ParameterizedTest
    @EnumSource
    void many_and_long_headers_pass(Gateway gateway) throws Exception {
        Site site = sites.of(gateway);
        List<String> headers = new ArrayList<>(List.of(key));
        IntStream.range(0, 90).forEach(i -> headers.add("X-Header-" + i + ": value " + i));
        assertThat(site.ask("GET /x", headers.toArray(String[]::new)).status()).isEqualTo(200);
        HttpMessage many = site.backend().takeOnly();
        assertThat(IntStream.range(0, 90)).allMatch(i -> ("value " + i).equals(many.one("X-Header-" + i)));

        assertThat(site.ask("GET /x", key, "Cookie: c=" + "x".repeat(6000), "X-Long: " + "y".repeat(5000))
                        .status())
                .isEqualTo(200);
        assertThat(site.backend().takeOnly().one("X-Long")).hasSize(5000);
    }

    @ParameterizedTest
    @EnumSource
    void http_1_0_needs_a_key_too(Gateway gateway) throws Exception {
        Site site = sites.of(gateway);
        assertThat(site.exchange("GET /x HTTP/1.0\r\n" + key + "\r\n\r\n").status())
                .isEqualTo(200);
        assertThat(site.backend().takeOnly().one("X-Consumer-ID")).startsWith("owner-");
        assertThat(site.exchange("GET /x HTTP/1.0\r\n\r\n").status()).isEqualTo(401);
        assertThat(site.backend().takeReceived()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void websocket_passes_with_its_identity_after_a_check(Gateway gateway) throws Exception {
        Site site = sites.of(gateway);
        try (Caller caller = site.connect()) {
            caller.send(Site.head("GET /x", with(WEBSOCKET, key)));
            HttpMessage answer = caller.answer("GET");
            assertThat(answer.status()).as(answer.toString()).isEqualTo(101);
            assertThat(answer.one("Sec-WebSocket-Accept")).isNotNull();
            String frame = "\u0081\u0085\u0001\u0002\u0003\u0004abcde";
            caller.send(frame);
            assertThat(caller.read(frame.length())).isEqualTo(frame);
        }
        HttpMessage received = site.backend().takeOnly();
        assertThat(received.one("X-Consumer-ID")).startsWith("owner-");
        assertThat(received.all("X-API-Key")).isEmpty();
        assertThat(site.ask("GET /x", WEBSOCKET).one("X-Key-Code")).isEqualTo("KEY_MISSING");
        assertThat(site.ask("GET /write", with(WEBSOCKET, key)).one("X-Key-Code"))
                .isEqualTo("SCOPE_MISSING");
        assertThat(site.backend().takeReceived()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void no_other_upgrade_is_passed_on(Gateway gateway) throws Exception {
        Site site = sites.of(gateway);
        for (String upgrade : List.of("h2c", "websocket, h2c", "h2c, websocket")) {
            HttpMessage answer = site.ask(
                    "GET /x",
                    key,
                    "Upgrade: " + upgrade,
                    "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA",
                    "Connection: Upgrade, HTTP2-Settings, close");
            assertThat(answer.status()).as(upgrade).isIn(200, 400);
            assertThat(site.backend().takeReceived().toString()).as(upgrade).doesNotContain("name=Upgrade", "h2c");
        }
    }

    @ParameterizedTest
    @EnumSource
    void checks_are_made_on_kept_connections_also_after_refusals(Gateway gateway) throws Exception {
        Site site = sites.of(gateway);
        var statuses = new ArrayList<Integer>();
        int connections = site.node().connections();
        for (int i = 0; i < CHECKS; i++) {
            statuses.add(site.ask("GET /x", key).status());
            statuses.add(site.ask("GET /write", key).status());
            statuses.add(site.ask("GET /x", "X-API-Key: kl_nonsense").status());
        }
        assertThat(List.of(200, 403, 401))
                .allSatisfy(each ->
                        assertThat(Collections.frequency(statuses, each)).isEqualTo(CHECKS));
        // Some gateways have connections for each thread.
        assertThat(site.node().connections() - connections).isLessThanOrEqualTo(Gateway.THREADS);
        site.backend().takeReceived();
    }

    @ParameterizedTest
    @EnumSource
    void request_passes_after_keylapse_has_closed_the_idle_connections(Gateway gateway) throws Exception {
        Site site = sites.of(gateway);
        for (int i = 0; i < 3; i++) {
            assertThat(site.ask("GET /x", key).status()).isEqualTo(200);
            site.node().cut();
        }
        assertThat(site.ask("GET /x", key).status()).isEqualTo(200);
        site.backend().takeReceived();
    }
}
