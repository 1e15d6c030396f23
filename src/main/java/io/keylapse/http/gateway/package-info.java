/**
 * {@code /check}: what gateways ask, in HTTP.
 *
 * <p>Read {@link io.keylapse.http.gateway.CheckEndpoint} first.
 */
@NullMarked
package io.keylapse.http.gateway;

import org.jspecify.annotations.NullMarked;
