/**
 * {@code /check}: the endpoint for gateways.
 *
 * <p>Read {@link io.keylapse.http.gateway.CheckEndpoint} first; the package {@code pipeline} connects it to Netty.
 */
@NullMarked
package io.keylapse.http.gateway;

import org.jspecify.annotations.NullMarked;
