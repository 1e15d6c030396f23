package io.keylapse.http.gateway.tls;

import io.micronaut.context.annotation.ConfigurationProperties;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * TLS on the gateway port.
 *
 * @param certificate PEM file with the certificate of {@code KEYLAPSE_GATEWAY_PORT}, followed by those of its issuers. The file is
 *     read again when it changes. Without it, the port has TLS only if the main port has
 * @param key PEM file with the private key of {@code KEYLAPSE_GATEWAY_TLS_CERTIFICATE}, PKCS #8 without a password
 * @param clientCa PEM file with certificates of CAs. If set, only clients with a certificate from one of them may connect to
 *     {@code KEYLAPSE_GATEWAY_PORT}
 */
@ConfigurationProperties("keylapse.gateway.tls")
record TlsSettings(
        @Nullable Path certificate,
        @Nullable Path key,
        @Nullable Path clientCa) {
    TlsSettings {
        if ((certificate == null) != (key == null)) {
            throw new IllegalArgumentException("keylapse.gateway.tls.certificate (KEYLAPSE_GATEWAY_TLS_CERTIFICATE) and"
                    + " KEYLAPSE_GATEWAY_TLS_KEY must be set together");
        }
        if (clientCa != null && certificate == null) {
            throw new IllegalArgumentException("keylapse.gateway.tls.client-ca (KEYLAPSE_GATEWAY_TLS_CLIENT_CA) needs"
                    + " KEYLAPSE_GATEWAY_TLS_CERTIFICATE and KEYLAPSE_GATEWAY_TLS_KEY");
        }
    }
}
