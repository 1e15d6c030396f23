package io.keylapse.app.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.keylapse.harness.Node;
import io.micronaut.context.exceptions.ConfigurationException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Mistakes in settings that are found before anything starts. */
class MistakesTest {
    private static ListeningPorts ports(String... settings) {
        Map<String, String> ports = settings.length == 2
                ? Map.of(settings[0], settings[1])
                : Map.of(settings[0], settings[1], settings[2], settings[3]);
        return new ListeningPorts(setting -> Optional.ofNullable(ports.get(setting)));
    }

    @ParameterizedTest
    @CsvSource({
        "keylapse.gateway.port, 8080, micronaut.server.host, 127.0.0.1, KEYLAPSE_GATEWAY_PORT and MICRONAUT_SERVER_PORT are both 8080",
        "micronaut.server.port, 9123, keylapse.grpc.port, 9123, KEYLAPSE_GRPC_PORT and MICRONAUT_SERVER_PORT are both 9123",
        "keylapse.gateway.port, 9124, keylapse.grpc.port, 9124, KEYLAPSE_GRPC_PORT and KEYLAPSE_GATEWAY_PORT are both 9124",
        "keylapse.gateway.port, 9125, keylapse.observation-port, 9125, KEYLAPSE_OBSERVATION_PORT and KEYLAPSE_GATEWAY_PORT are both 9125"
    })
    void two_settings_with_the_same_port_are_both_named(
            String setting, String value, String other, String otherValue, String message) {
        assertThatThrownBy(() -> ports(setting, value, other, otherValue).checkFree())
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(message + ". Set one of them to another port.");
    }

    @Test
    void port_for_observation_may_be_the_main_port() {
        String port = Integer.toString(Node.freePort());
        assertThatCode(() -> ports("micronaut.server.port", port, "keylapse.observation-port", port)
                        .checkFree())
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "KEYLAPES_SERVICE_NAME",
                "KEYLAPSE_SERVICE_NAM",
                "KEYLAPSE_ANYTHING",
                "KELAPSE_ADMIN_KEY_FILE",
                "MICRONAUT_SERVER_PRT",
                "MICRONAUT_SEVER_HOST"
            })
    void mistyped_variable_is_unknown(String variable) {
        assertThat(UnknownVariables.in(List.of("PATH", variable))).containsExactly(variable);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "KEYLAPSE_SERVICE_NAME",
                "KEYLAPSE_TRUSTED_PROXIES_0",
                "KEYLAPSE_ADMIN_KEY_FILE",
                "KEYLAPSE_URL",
                "KEYLESS_SERVICE_NAME",
                "KEYLAPES",
                "MICRONAUT_SERVER_PORT",
                "MICRONAUT_SERVER_SSL_PORT",
                "MICRONAUT_SERVER_CORS_ENABLED",
                "SERVICE_NAME"
            })
    void setting_or_variable_of_another_program_is_not(String variable) {
        assertThat(UnknownVariables.in(List.of(variable))).isEmpty();
    }

    @Test
    void words_that_are_allowed_are_spelled_as_in_the_documentation() {
        var environment = new SettingsContextBuilder()
                .deduceEnvironment(false)
                .enableDefaultPropertySources(false)
                .environmentPropertySource(false)
                .properties(Map.of("keylapse.self-renewal.policy", "allowed"))
                .build()
                .getEnvironment()
                .start();
        assertThatThrownBy(() -> KnownSettings.check(environment))
                .hasMessageContaining("must be never or before-expiry or within-grace, not \"allowed\"");
    }
}
