/**
 * {@code /check}: what gateways ask, in HTTP.
 *
 * <p>Read {@link io.keylapse.http.gateway.CheckEndpoint} first; the package below carries it.
 */
@NullMarked
package io.keylapse.http.gateway;

import org.jspecify.annotations.NullMarked;
