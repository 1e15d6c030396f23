package io.keylapse.http.gateway;

import static io.keylapse.http.gateway.Refusals.assertProblem;
import static io.keylapse.http.gateway.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.app.CapturedLog;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Required scopes: where a gateway may name them, and the responses if they are missing or malformed. */
class CheckScopesIT {
    private static final Node node = Node.shared();
    private static final String key = "X-API-Key: "
            + node.admin()
                    .issue(("{\"owner\":\"owner-%s\",\"name\":\"n\",\"ttl\":\"P1D\","
                                    + "\"scopes\":[\"a\",\"b\",\"a|b\",\"x;y\",\"%%zz\",\"orders:read/1\"]}")
                            .formatted(UUID.randomUUID()))
                    .text("key");

    @Test
    void scope_in_a_target_that_names_a_host_is_decoded_once() throws IOException {
        try (var connection = new RawConnection(node)) {
            assertThat(connection
                            .request("GET", "http://x/check?scope=a%7Cb", key)
                            .answer()
                            .status())
                    .isEqualTo(200);
            assertThat(connection
                            .request("GET", "http://x/check?scope=a%26b", key)
                            .answer()
                            .status())
                    .isEqualTo(403);
            assertThat(connection
                            .request("GET", "http://x/check?scope=a%23b", key)
                            .answer()
                            .status())
                    .isEqualTo(403);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/check?scope=a",
                "/check?scope=a&scope=b",
                "/check?scope=a+b",
                "/check?scope=a%20b",
                "/check?scope=++a++b++&scope=",
                "/check?scope=",
                "/check?scope",
                "/check?",
                "/check?scopes=c&Scope=c&other=c",
                "/check?scope=a|b",
                "/check?scope=a%7Cb",
                "/check?scope=x;y",
                "/check?scope=%zz",
                "/check?scope=orders%3Aread%2f1",
                "/check?scope=a&scope=a&scope=a"
            })
    void scopes_that_the_key_has_are_no_obstacle(String target) throws IOException {
        assertThat(check(target).status()).isEqualTo(200);
        assertThat(check(target, "Content-Type: text/plain; charset=utf-16").status())
                .isEqualTo(200);
    }

    @Test
    void scope_behind_a_stray_slash_is_the_callers_own_and_shows() throws IOException {
        try (var log = CapturedLog.open()) {
            double before = straySlashes();
            for (String target : List.of("/check/?scope=c", "/check/?x=1&scope=c", "/check/?sc%6Fpe=c")) {
                assertThat(check(target).status()).isEqualTo(200);
            }
            for (String target : List.of("/check/x?scope=c", "/check/?scopes=c", "/check/?x=scope", "/check/")) {
                assertThat(check(target).status()).isEqualTo(200);
            }
            assertThat(straySlashes()).isEqualTo(before + 3);
            assertThat(log.lines())
                    .filteredOn(line -> line.contains("/check/?scope"))
                    .hasSizeLessThanOrEqualTo(1);
        }
    }

    private static double straySlashes() {
        return node.bean(MeterRegistry.class)
                .get("keylapse.checks.stray.slash")
                .counter()
                .count();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/check?scope=c",
                "/check?scope=a&scope=c",
                "/check?scope=c+a",
                "/check?scope=A",
                "/check?scope=a;c",
                "/check?scope=a,b",
                "/check?x=|&scope=c",
                "/check?scope=a%2Bb",
                "//check?scope=c",
                "///check?scope=c"
            })
    void every_scope_demanded_must_be_there(String target) throws IOException {
        assertRefused(check(target), 403, "SCOPE_MISSING");
    }

    @Test
    void demand_behind_a_thousand_parameters_is_a_demand() throws IOException {
        assertRefused(check("/check?" + "p=1&".repeat(1100) + "scope=c"), 403, "SCOPE_MISSING");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/check/?scope=c", "/check/x?scope=c", "/check/x?scope=%22", "/check//?scope=c"})
    void query_below_check_means_nothing(String target) throws IOException {
        assertThat(check(target).status()).isEqualTo(200);
    }

    @Test
    void header_demands_scopes_on_every_path() throws IOException {
        for (String target : List.of("/check", "/check/", "/check/x|y?scope=a")) {
            assertThat(check(target, "X-Required-Scopes: a b").status()).isEqualTo(200);
            assertThat(check(target, "x-required-scopes:   a   b  ").status()).isEqualTo(200);
            assertThat(check(target, "X-Required-Scopes:").status()).isEqualTo(200);
            assertRefused(check(target, "X-Required-Scopes: a c"), 403, "SCOPE_MISSING");
            assertRefused(check(target, "X-Required-Scopes: a", "X-Required-Scopes: c"), 403, "SCOPE_MISSING");
        }
        assertRefused(check("/check?scope=a", "X-Required-Scopes: c"), 403, "SCOPE_MISSING");
    }

    @Test
    void challenge_names_each_scope_demanded_once() throws IOException {
        Answer answer = check("/check?scope=c&scope=a+c", "X-Required-Scopes: d a");

        assertThat(answer.headers().allValues("WWW-Authenticate"))
                .containsExactly("Bearer realm=\"keylapse\", error=\"insufficient_scope\", scope=\"c a d\"");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "%22",
                "a%5Cb",
                "a%0d%0aX-Consumer-ID:%20root",
                "a%0aX-Injected:1",
                "%00",
                "a%09b",
                "%C3%A9",
                "%ff",
                "a%22,%20scope=%22x"
            })
    void scope_that_is_no_token_is_a_bad_request_that_names_it_and_injects_nothing(String scope) throws IOException {
        Answer answer = check("/check?scope=" + scope);

        assertBadRequest(answer, "scope");
        assertThat(answer.headers().map()).doesNotContainKeys("X-Injected", "X-Consumer-ID", "WWW-Authenticate");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"", "a\\b", "\u00C3\u00A9", "a\tb", "a \"b\""})
    void header_that_is_no_scopes_is_a_bad_request_that_names_the_header(String scopes) throws IOException {
        assertBadRequest(check("/check/x", "X-Required-Scopes: " + scopes), "X-Required-Scopes");
    }

    @Test
    void more_or_longer_scopes_than_a_key_can_have_are_a_bad_request() throws IOException {
        List<String> many = IntStream.range(0, 51).mapToObj(i -> "s" + i).toList();
        assertBadRequest(check("/check?scope=" + String.join("+", many)), "scope");
        assertRefused(check("/check?scope=" + String.join("+", many.subList(0, 50))), 403, "SCOPE_MISSING");
        assertBadRequest(check("/check?scope=" + "s".repeat(129)), "scope");
        String large = String.join(
                " ",
                IntStream.range(0, 17)
                        .mapToObj(i -> (char) ('a' + i) + "s".repeat(127))
                        .toList());
        assertBadRequest(check("/check", "X-Required-Scopes: " + large), "X-Required-Scopes");
    }

    @Test
    void bad_key_is_called_bad_whatever_scopes_are_demanded() throws IOException {
        try (var connection = new RawConnection(node)) {
            assertRefused(connection.request("GET", "/check?scope=c").answer(), 401, "KEY_MISSING");
            assertRefused(
                    connection
                            .request("GET", "/check?scope=c", "X-API-Key: junk")
                            .answer(),
                    401,
                    "KEY_MALFORMED");
        }
    }

    private static void assertBadRequest(Answer answer, String field) {
        assertProblem(answer, 400, "INVALID_REQUEST");
        assertThat(answer.json().get("errors")).hasSize(1);
        assertThat(answer.json().get("errors").get(0).get("field").asText()).isEqualTo(field);
        assertThat(answer.json().get("errors").get(0).get("message").asText()).isNotBlank();
    }

    private static Answer check(String target, String... headers) throws IOException {
        var all = new ArrayList<>(List.of(headers));
        all.addFirst(key);
        try (var connection = new RawConnection(node)) {
            return connection.request("GET", target, all.toArray(String[]::new)).answer();
        }
    }
}
