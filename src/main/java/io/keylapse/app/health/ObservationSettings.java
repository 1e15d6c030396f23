package io.keylapse.app.health;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;

/**
 * Where the service is observed.
 *
 * @param observationPort the port of {@code /prometheus} and of the details of {@code /health}; 0, the default, for the main
 *     port
 */
@ConfigurationProperties("keylapse")
record ObservationSettings(@Bindable(defaultValue = "0") int observationPort) {
    private static final int HIGHEST_PORT = 65_535;

    ObservationSettings {
        if (observationPort < 0 || observationPort > HIGHEST_PORT) {
            throw new IllegalArgumentException(
                    "keylapse.observation-port (KEYLAPSE_OBSERVATION_PORT) must be from 1 to " + HIGHEST_PORT
                            + ", or 0 for none, not " + observationPort);
        }
    }
}
