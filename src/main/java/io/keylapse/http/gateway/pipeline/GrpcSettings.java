package io.keylapse.http.gateway.pipeline;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;

/**
 * Where Envoy connects to for checks by gRPC.
 *
 * @param port port that answers {@code envoy.service.auth.v3.Authorization/Check} and {@code grpc.health.v1.Health}; 0
 *     for none. Without TLS it listens on 127.0.0.1 only
 */
@ConfigurationProperties("keylapse.grpc")
public record GrpcSettings(@Bindable(defaultValue = "0") int port) {
    private static final int HIGHEST_PORT = 65_535;

    public GrpcSettings {
        if (port < 0 || port > HIGHEST_PORT) {
            throw new IllegalArgumentException("keylapse.grpc.port (KEYLAPSE_GRPC_PORT) must be from 1 to "
                    + HIGHEST_PORT + ", or 0 for none, not " + port);
        }
    }

    /** Whether there is such a port. */
    public boolean isSet() {
        return port != 0;
    }
}
