package io.keylapse.http.gateway.grpc;

import static io.keylapse.harness.Node.freePort;
import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.EnvoyClient;
import io.keylapse.harness.EnvoyClient.Decision;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a check by gRPC reads from a request, and what Envoy does with the headers of one that passes. */
class EnvoyHeadersIT {
    private static final String JWT = "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln";
    private static final int port = freePort();
    private static final Node node = Node.start(
            Stores.shared(),
            Map.of(
                    "keylapse.grpc.port",
                    port,
                    "keylapse.keys.allow-unlimited",
                    true,
                    "keylapse.gateway.warn-within",
                    "P2D"));
    private static final EnvoyClient envoy = new EnvoyClient(port);
    private static final String owner = "Zoë " + Node.owner();
    private static final Answer issued = node.admin()
            .issue("{\"owner\":\"%s\",\"name\":\"n\",\"ttl\":\"P1D\",\"scopes\":[\"read\",\"a%%b\"]}".formatted(owner));
    private static final String key = issued.text("key");
    private static final String other = node.issue(Duration.ofDays(3)).text("key");

    @Test
    void identity_goes_to_the_backend_and_to_the_dynamic_metadata() {
        Decision decision = check(Map.of("x-api-key", key));

        assertThat(decision.status()).isEqualTo(200);
        assertThat(decision.headers())
                .containsEntry("X-Consumer-ID", owner.replace("Zoë ", "Zo%C3%AB%20"))
                .containsEntry("X-Credential-Identifier", issued.text("id"))
                .containsEntry("X-Key-Scopes", "read a%25b")
                .containsEntry("X-Key-Expires-At", issued.text("expiresAt"))
                .containsOnlyKeys(
                        "X-Consumer-ID",
                        "X-Credential-Identifier",
                        "X-Key-Scopes",
                        "X-Key-Expires-At",
                        "X-Key-Expires-In");
        assertThat(decision.removed()).containsExactly("X-API-Key");
        assertThat(decision.metadata())
                .isEqualTo(Map.of(
                        "keyId",
                        issued.text("id"),
                        "owner",
                        owner,
                        "scopes",
                        List.of("read", "a%b"),
                        "expiresAt",
                        issued.text("expiresAt")));
    }

    @Test
    void identity_headers_that_a_key_does_not_have_are_removed() {
        Answer unlimited = node.admin().issue("{\"owner\":\"%s\",\"name\":\"n\"}".formatted(owner));

        Decision decision = check(Map.of("x-api-key", unlimited.text("key")));

        assertThat(decision.removed()).containsExactly("X-API-Key", "X-Key-Expires-At", "X-Key-Expires-In");
        assertThat(decision.headers()).containsEntry("X-Key-Scopes", "");
        assertThat(decision.metadata()).containsOnlyKeys("keyId", "owner", "scopes");
        assertThat(check(Map.of("x-api-key", other)).removed()).containsExactly("X-API-Key", "X-Key-Expires-In");
    }

    @Test
    void authorization_is_removed_if_it_holds_a_key_or_stands_alone() {
        assertThat(check(Map.of("authorization", "Bearer " + key)).removed())
                .containsExactly("X-API-Key", "authorization");
        assertThat(check(Map.of("x-api-key", " ", "authorization", "Bearer " + key))
                        .removed())
                .contains("authorization");
        assertThat(check(Map.of("x-api-key", key, "authorization", "Basic " + key))
                        .removed())
                .contains("authorization");
        assertThat(check(Map.of("x-api-key", key, "authorization", "Bearer " + key))
                        .removed())
                .contains("authorization");
    }

    @Test
    void another_applications_token_stays_next_to_a_key() {
        assertThat(check(Map.of("x-api-key", key, "authorization", JWT)).removed())
                .containsExactly("X-API-Key");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x-key-id",
                "x-required-scopes",
                "X_Required_Scopes",
                "x_consumer_id",
                "X.Consumer.ID",
                "x-consumer_id",
                "x_key_expires_in",
                "x_api_key",
                "x_key_scopes"
            })
    void names_that_backends_read_as_ours_are_removed(String name) {
        assertThat(check(Map.of("x-api-key", key, name, "forged")).removed()).containsExactly("X-API-Key", name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"x-consumer", "x_consumer", "x-consumer-id", "accept", ":path"})
    void other_names_stay_and_names_that_are_set_are_not_removed(String name) {
        assertThat(check(Map.of("x-api-key", key, name, "a")).removed()).containsExactly("X-API-Key");
    }

    /** As in CheckPresentationIT: Envoy joins repeated headers with commas, or sends them one by one. */
    @Test
    void repeated_headers_are_read_one_by_one() {
        assertThat(code(check(Map.of("x-api-key", key + "," + other)))).isEqualTo("KEY_AMBIGUOUS");
        assertThat(code(check(Map.of("authorization", "Bearer " + key + ", Bearer " + other))))
                .isEqualTo("KEY_AMBIGUOUS");
        assertThat(check(Map.of("x-api-key", key + "," + key)).status()).isEqualTo(200);
        assertThat(check(Map.of("x-api-key", "junk, " + key)).status()).isEqualTo(200);
        assertThat(code(envoy.check(EnvoyClient.rawRequest("x-api-key", key, "x-api-key", other))))
                .isEqualTo("KEY_AMBIGUOUS");
        assertThat(envoy.check(EnvoyClient.rawRequest("x-api-key", key, "X_Consumer_ID", "a"))
                        .removed())
                .containsExactly("X-API-Key", "X_Consumer_ID");
    }

    @Test
    void only_the_route_demands_scopes() {
        assertThat(envoy.check(Map.of("x-api-key", key), " read  a%b ").status())
                .isEqualTo(200);
        assertThat(envoy.check(Map.of("x-api-key", key), "").status()).isEqualTo(200);
        assertThat(check(Map.of("x-api-key", key, "x-required-scopes", "write")).status())
                .isEqualTo(200);
        Decision lacking = envoy.check(Map.of("x-api-key", key, "x-required-scopes", "read"), "read write");
        assertThat(lacking.status()).isEqualTo(403);
        assertThat(lacking.headers())
                .containsEntry(
                        "WWW-Authenticate",
                        "Bearer realm=\"keylapse\", error=\"insufficient_scope\", scope=\"read write\"");
    }

    @Test
    void checks_by_grpc_are_counted_as_checks() {
        check(Map.of("x-api-key", "junk"));
        double before = malformed();

        check(Map.of("x-api-key", "junk"));

        assertThat(malformed()).isEqualTo(before + 1);
    }

    private static double malformed() {
        return node.bean(MeterRegistry.class)
                .get("keylapse.checks")
                .tag("outcome", "KEY_MALFORMED")
                .functionCounter()
                .count();
    }

    @Test
    void names_of_headers_are_those_of_the_settings() {
        int otherPort = freePort();
        Node configured = Node.start(
                Stores.shared(),
                Map.of(
                        "keylapse.grpc.port", otherPort,
                        "keylapse.gateway.key-header", "X-Acme-Key",
                        "keylapse.gateway.scopes-header", "X-Acme-Scopes"));
        try (configured;
                var client = new EnvoyClient(otherPort)) {
            assertThat(client.check(Map.of("x-acme-key", key, "x_acme_key", key), "read")
                            .removed())
                    .contains("X-Acme-Key", "x_acme_key");
            assertThat(client.check(Map.of("x-acme-key", key), "write").status())
                    .isEqualTo(403);
            assertThat(client.check(Map.of("x-api-key", key), null).status()).isEqualTo(401);
        }
    }

    private static Decision check(Map<String, String> headers) {
        return envoy.check(headers, null);
    }

    private static @Nullable String code(Decision decision) {
        return decision.headers().get("X-Key-Code");
    }
}
