/**
 * TLS on the gateway port: the certificate and its renewal, and which clients may connect.
 *
 * <p>Read {@link io.keylapse.http.gateway.tls.GatewayTls} first.
 */
@NullMarked
package io.keylapse.http.gateway.tls;

import org.jspecify.annotations.NullMarked;
