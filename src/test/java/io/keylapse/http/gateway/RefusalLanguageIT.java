package io.keylapse.http.gateway;

import static io.keylapse.http.gateway.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Refusals in the language of the API that they protect. */
class RefusalLanguageIT {
    private static final Node node = Node.start(
            Stores.shared(),
            Map.of(
                    "keylapse.gateway.scope-parameter", "permission",
                    "keylapse.gateway.realm", "Acme's orders, v2",
                    "keylapse.gateway.instance", "forwarded",
                    "keylapse.gateway.query-parameter", "scope"));
    private static final String key = node.issue(Duration.ofDays(1)).text("key");

    @Test
    void realm_of_every_challenge_is_the_configured_one() throws IOException {
        String realm = "Bearer realm=\"Acme's orders, v2\"";
        assertThat(challenge("/check")).isEqualTo(realm);
        assertThat(challenge("/check", "X-API-Key: nonsense")).startsWith(realm + ", error=\"invalid_token\"");
        assertThat(challenge("/check?permission=write", "X-API-Key: " + key))
                .isEqualTo(realm + ", error=\"insufficient_scope\", scope=\"write\"");
    }

    @Test
    void scopes_are_demanded_by_the_configured_parameter_only() throws IOException {
        assertRefused(ask("/check?permission=write&permission=read", "X-API-Key: " + key), 403, "SCOPE_MISSING");
        assertThat(ask("/check?scope=write", "X-API-Key: " + key).status()).isEqualTo(200);
        assertThat(ask("/check?scope=" + key).status()).isEqualTo(200);
        assertThat(ask("/check?permission=%22", "X-API-Key: " + key)
                        .json()
                        .at("/errors/0/field")
                        .asText())
                .isEqualTo("permission");
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
                    # target,            X-Forwarded-Uri,              X-Original-URI,  instance
                    /check,              ,                             ,                /check
                    /check?a=b,          ,                             ,                /check
                    /check/,             ,                             ,                /
                    /check/orders/7?a=b, ,                             ,                /orders/7
                    /check/orders|7,     ,                             ,                /orders%7C7
                    /check//evil.com/x,  ,                             ,                /evil.com/x
                    /check/orders/7,     /forged,                      ,                /orders/7
                    /check,              /orders/7?a=b,                ,                /orders/7
                    /check,              ,                             /orders/8#x,     /orders/8
                    /check,              //evil.com/x,                 ,                /evil.com/x
                    /check,              https://evil.com/x,           ,                /check
                    /check,              /"><script>,                  ,                /%22%3E%3Cscript%3E
                    """)
    void instance_is_the_path_that_the_gateway_asks_about(
            String target, @Nullable String forwarded, @Nullable String original, String instance) throws IOException {
        // Twice, because refusals that are the same for every key are kept.
        for (int i = 0; i < 2; i++) {
            Answer refused = ask(
                    target,
                    forwarded == null ? "A: b" : "X-Forwarded-Uri: " + forwarded,
                    original == null ? "A: b" : "X-Original-URI: " + original);
            assertRefused(refused, 401, "KEY_MISSING");
            assertThat(refused.text("instance")).isEqualTo(instance);
        }
    }

    @Test
    void holders_are_told_the_path_of_their_own_request() {
        Answer refused = node.anonymous().get("/v1/self", "X-API-Key", "nonsense", "X-Forwarded-Uri", "/orders");
        assertThat(refused.text("instance")).isEqualTo("/v1/self");
    }

    private static @Nullable String challenge(String target, String... headers) throws IOException {
        return ask(target, headers).header("WWW-Authenticate");
    }

    private static Answer ask(String target, String... headers) throws IOException {
        try (var connection = new RawConnection(node)) {
            return connection.request("GET", target, headers).answer();
        }
    }
}
