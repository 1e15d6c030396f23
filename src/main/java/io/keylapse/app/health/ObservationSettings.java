package io.keylapse.app.health;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;

/**
 * The port for observing the service.
 *
 * @param observationPort port for {@code /prometheus} and the details of {@code /health}, without TLS. The main port
 *     then has only {@code /health/liveness} and {@code /health/readiness}, which tell the status; 0 for the
 *     main port. {@code ENDPOINTS_ALL_PORT} is an older name
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
