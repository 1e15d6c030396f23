package io.keylapse.app.health;

import io.micronaut.context.condition.Condition;
import io.micronaut.context.condition.ConditionContext;
import io.micronaut.context.event.BeanCreatedEvent;
import io.micronaut.context.event.BeanCreatedEventListener;
import io.micronaut.core.value.PropertyResolver;
import io.micronaut.http.server.HttpServerConfiguration;
import io.micronaut.management.endpoint.EndpointDefaultConfiguration;
import jakarta.inject.Singleton;
import java.util.Optional;

/** Moves Micronaut's endpoints to {@code KEYLAPSE_OBSERVATION_PORT}. */
@Singleton
final class ObservationPort implements BeanCreatedEventListener<EndpointDefaultConfiguration> {
    private static final int DEFAULT_PORT = 8080;

    private final ObservationSettings settings;
    private final HttpServerConfiguration server;

    ObservationPort(ObservationSettings settings, HttpServerConfiguration server) {
        this.settings = settings;
        this.server = server;
    }

    /**
     * Whether the endpoints have their own port, set by {@code KEYLAPSE_OBSERVATION_PORT} or its former name {@code
     * ENDPOINTS_ALL_PORT}.
     */
    static boolean isSet(PropertyResolver properties) {
        return properties
                        .getProperty("keylapse.observation-port", Integer.class)
                        .filter(port -> port != 0)
                        .isPresent()
                || properties
                        .getProperty(EndpointDefaultConfiguration.PORT, Integer.class)
                        .isPresent();
    }

    @Override
    public EndpointDefaultConfiguration onCreated(BeanCreatedEvent<EndpointDefaultConfiguration> event) {
        EndpointDefaultConfiguration endpoints = event.getBean();
        int port = settings.observationPort();
        if (port != 0) {
            if (endpoints.getPort().isPresent()) {
                throw new IllegalArgumentException("keylapse.observation-port (KEYLAPSE_OBSERVATION_PORT) and"
                        + " ENDPOINTS_ALL_PORT are both set; remove ENDPOINTS_ALL_PORT");
            }
            if (Optional.of(port).equals(server.getPort().or(() -> Optional.of(DEFAULT_PORT)))) {
                throw new IllegalArgumentException(
                        "keylapse.observation-port (KEYLAPSE_OBSERVATION_PORT) must differ from MICRONAUT_SERVER_PORT, "
                                + port);
            }
            endpoints.setPort(port);
        }
        return endpoints;
    }

    /** A condition that is true when the endpoints have their own port. */
    static final class IsSet implements Condition {
        @Override
        @SuppressWarnings("rawtypes") // as the interface has it
        public boolean matches(ConditionContext context) {
            return isSet(context);
        }
    }
}
