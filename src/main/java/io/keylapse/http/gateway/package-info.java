/**
 * {@code /check}: what gateways ask, in HTTP.
 *
 * <p>Read {@link io.keylapse.http.gateway.CheckEndpoint} first; {@link io.keylapse.http.gateway.CheckHandler} carries it.
 */
@NullMarked
package io.keylapse.http.gateway;

import org.jspecify.annotations.NullMarked;
