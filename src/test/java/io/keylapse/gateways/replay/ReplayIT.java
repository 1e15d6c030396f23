package io.keylapse.gateways.replay;

import static io.keylapse.harness.Client.quote;
import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.gateways.KeylapseFront;
import io.keylapse.gateways.KeylapseFront.Fault;
import io.keylapse.gateways.wire.HttpMessage;
import io.keylapse.gateways.wire.HttpMessage.Field;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Traefik and Envoy with their files, replayed with the answers of a real node. They were not run. */
class ReplayIT {
    private static final List<String> IDENTITY =
            List.of("X-Consumer-ID", "X-Credential-Identifier", "X-Key-Scopes", "X-Key-Expires-At", "X-Key-Expires-In");

    private static final Node node = Node.start(
            Stores.shared(), Map.of("keylapse.gateway.warn-within", "P7D", "keylapse.gateway.instance", "forwarded"));
    private static final String reader = issue("read").text("key");
    private static final String writer = issue("write").text("key");
    private static final List<KeylapseFront> nodes =
            List.of(new KeylapseFront(node.port()), new KeylapseFront(node.port()));

    private static Answer issue(String scope) {
        return node.admin()
                .issue("{\"owner\":%s,\"name\":\"n\",\"ttl\":\"P1D\",\"scopes\":[\"%s\"]}"
                        .formatted(quote("Müller " + Node.owner()), scope));
    }

    static List<Replayed> gateways() throws IOException {
        nodes.forEach(KeylapseFront::heal);
        List<Integer> ports = nodes.stream().map(KeylapseFront::port).toList();
        return List.of(new Traefik(ports), new Envoy(ports));
    }

    private static HttpMessage request(String methodAndTarget, String... headers) {
        var fields = new ArrayList<>(List.of(new Field("Host", "api.example")));
        for (String line : headers) {
            fields.add(new Field(
                    line.substring(0, line.indexOf(':')),
                    line.substring(line.indexOf(':') + 1).strip()));
        }
        return Messages.message(methodAndTarget + " HTTP/1.1", fields, "");
    }

    private static HttpMessage check(String scopes, String instance, String... headers) throws IOException {
        var lines = new ArrayList<>(List.of(headers));
        lines.add("X-Required-Scopes: " + scopes);
        lines.add("X-Original-URI: " + instance);
        return Messages.ask(
                        List.of(node.port()), 1, request("GET /check", lines.toArray(String[]::new)), status -> true)
                .orElseThrow();
    }

    @ParameterizedTest
    @MethodSource("gateways")
    void backend_gets_the_identity_as_keylapse_says_it_and_not_the_callers(Replayed gateway) throws Exception {
        for (String key : List.of("X-API-Key: " + reader, "Authorization: Bearer " + reader)) {
            HttpMessage said = check("read", "/x", key);
            HttpMessage passed = gateway.handle(request(
                            "GET /x?y=1",
                            key,
                            "X-Consumer-ID: forged",
                            "X_Consumer_ID: forged",
                            "X-Key-Scopes: forged",
                            "X-Key-Expires-In: forged",
                            "X-Required-Scopes: forged",
                            "X-Other: passes"))
                    .backendGets();
            assertThat(passed.target()).isEqualTo("/x?y=1");
            assertThat(passed.all("X-Other")).containsExactly("passes");
            for (String name : IDENTITY.subList(0, 4)) {
                assertThat(passed.all(name)).as(name).isEqualTo(said.all(name)).hasSize(1);
            }
            // Seconds, which may have passed since.
            assertThat(passed.all("X-Key-Expires-In"))
                    .singleElement()
                    .asString()
                    .matches("\\d+");
            assertThat(passed.all("X_Consumer_ID")).isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("gateways")
    void header_that_keylapse_does_not_send_is_not_the_callers(Replayed gateway) {
        nodes.forEach(each -> each.answerWith(
                KeylapseFront.answer("200 OK", "X-Consumer-ID: acme", "X-Credential-Identifier: key_1")));
        HttpMessage passed = gateway.handle(
                        request("GET /x", "X-API-Key: " + reader, "X-Key-Scopes: forged", "X-Key-Expires-At: forged"))
                .backendGets();
        assertThat(passed.toString()).doesNotContain("forged");
    }

    @ParameterizedTest
    @MethodSource("gateways")
    void refusal_reaches_the_caller_whole_and_names_the_path_that_was_asked_for(Replayed gateway) throws Exception {
        Answer revoked = issue("read");
        node.admin().delete("/v1/keys/" + revoked.text("id"));
        for (String[] headers : List.of(
                new String[0],
                new String[] {"X-API-Key: kl_nonsense"},
                new String[] {"X-API-Key: " + revoked.text("key")},
                new String[] {"Authorization: Bearer " + revoked.text("key")},
                new String[] {"X-API-Key: " + writer},
                new String[] {"X-API-Key: " + reader, "Authorization: Bearer " + writer})) {
            HttpMessage said = check("read", "/x/y", headers);
            HttpMessage refused =
                    gateway.handle(request("POST /x/y?z=1", headers)).callerGets();
            assertThat(said.status()).isIn(401, 403);
            assertThat(refused.status()).isEqualTo(said.status());
            assertThat(refused.body()).isEqualTo(said.body()).contains("\"instance\":\"/x/y\"");
            for (String name : List.of("Content-Type", "Cache-Control", "WWW-Authenticate", "X-Key-Code", "X-Key-Id")) {
                assertThat(refused.all(name)).as(name).isEqualTo(said.all(name));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("gateways")
    void route_demands_its_scopes_whatever_the_caller_says_of_scopes_and_paths(Replayed gateway) {
        String key = "X-API-Key: " + reader;
        for (String path :
                List.of("/write", "/write/x", "//write", "/x/../write", "/x/%2e%2e/write", "/write?scope=read")) {
            HttpMessage refused = gateway.handle(request(
                            "GET " + path,
                            key,
                            "X-Required-Scopes: read",
                            "X-Forwarded-Uri: /x?scope=read",
                            "X-Original-URI: /x"))
                    .callerGets();
            assertThat(refused.one("X-Key-Code")).as(path).isEqualTo("SCOPE_MISSING");
            assertThat(refused.body()).as(path).contains("\"instance\":\"/write");
        }
        assertThat(gateway.handle(request("GET /x?scope=admin", key))
                        .backendGets()
                        .target())
                .isEqualTo("/x?scope=admin");
        assertThat(gateway.handle(request("GET /x%2F..%2Fwrite", key))
                        .callerGets()
                        .status())
                .isEqualTo(400);
        gateway.handle(request("GET /write", "X-API-Key: " + writer)).backendGets();
    }

    @ParameterizedTest
    @MethodSource("gateways")
    void node_that_fails_costs_no_request(Replayed gateway) {
        for (Fault fault : List.of(Fault.DOWN, Fault.CLOSING, Fault.ANSWERING_503)) {
            nodes.getFirst().fail(fault);
            gateway.handle(request("GET /x", "X-API-Key: " + reader)).backendGets();
            nodes.getFirst().heal();
        }
    }

    @ParameterizedTest
    @MethodSource("gateways")
    void without_an_answer_nothing_passes_and_envoy_says_503_with_a_problem(Replayed gateway) {
        for (Fault fault : List.of(Fault.DOWN, Fault.CLOSING, Fault.ANSWERING_503, Fault.ANSWERING_500)) {
            nodes.forEach(each -> each.fail(fault));
            HttpMessage answer =
                    gateway.handle(request("GET /x", "X-API-Key: " + reader)).callerGets();
            nodes.forEach(KeylapseFront::heal);
            assertThat(answer.status()).isBetween(500, 503);
            if (gateway instanceof Envoy) {
                assertThat(answer.status()).isEqualTo(503);
                assertThat(answer.one("Retry-After")).isEqualTo("1");
                assertThat(answer.one("X-Key-Code")).isEqualTo("STORE_UNAVAILABLE");
                assertThat(answer.one("Content-Type")).isEqualTo("application/problem+json");
                assertThat(answer.body()).contains("\"code\":\"STORE_UNAVAILABLE\"");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("gateways")
    void preflight_passes_without_key_and_identity_only_where_it_is_marked(Replayed gateway) {
        String[] preflight = {
            "Origin: https://app.example", "Access-Control-Request-Method: POST", "X-Consumer-ID: forged"
        };
        assertThat(gateway.handle(request("OPTIONS /public-api/x", preflight))
                        .backendGets()
                        .all("X-Consumer-ID"))
                .isEmpty();
        for (String other : List.of("OPTIONS /x", "OPTIONS /public-api/../write", "GET /public-api/x")) {
            assertThat(gateway.handle(request(other, preflight)).callerGets().one("X-Key-Code"))
                    .as(other)
                    .isEqualTo("KEY_MISSING");
        }
    }

    @ParameterizedTest
    @MethodSource("gateways")
    void check_carries_nothing_of_the_request_but_its_key_and_where_it_went(Replayed gateway) {
        gateway.handle(request("POST /x/y?secret=1", "X-API-Key: " + reader, "Cookie: session=1", "X-Other: 1"))
                .backendGets();
        HttpMessage check = nodes.getFirst().checks().getLast();
        assertThat(check.target()).startsWith("/check");
        assertThat(check.all("Cookie")).isEmpty();
        assertThat(check.all("X-Other")).isEmpty();
        assertThat(check.all("X-API-Key")).containsExactly(reader);
    }

    @Test
    void traefik_removes_the_key_and_passes_another_applications_token() throws Exception {
        var traefik = gateways().getFirst();
        HttpMessage bearer = traefik.handle(request("GET /x", "Authorization: Bearer " + reader))
                .backendGets();
        assertThat(bearer.toString()).doesNotContain(reader);
        HttpMessage both = traefik.handle(
                        request("GET /x", "X-API-Key: " + reader, "Authorization: Bearer another.token"))
                .backendGets();
        assertThat(both.all("Authorization")).containsExactly("Bearer another.token");
        assertThat(both.toString()).doesNotContain(reader);
    }
}
