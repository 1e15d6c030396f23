/**
 * Checks by gRPC: Envoy's {@code envoy.service.auth.v3.Authorization}, and {@code grpc.health.v1.Health}.
 *
 * <p>Read {@link io.keylapse.http.gateway.grpc.AuthorizationService} first. {@link io.keylapse.http.gateway.CheckEndpoint}
 * decides, as for HTTP. {@link io.keylapse.http.gateway.grpc.GrpcServer} is not loaded unless {@code KEYLAPSE_GRPC_PORT} is
 * set.
 */
@NullMarked
package io.keylapse.http.gateway.grpc;

import org.jspecify.annotations.NullMarked;
