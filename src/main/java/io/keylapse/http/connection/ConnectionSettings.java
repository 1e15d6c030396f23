package io.keylapse.http.connection;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Limits on each client.
 *
 * @param maxConnectionsPerAddress how many connections one client address may have on the main port; loopback and
 *     trusted proxies are exempt. By default half of {@code KEYLAPSE_GATEWAY_MAX_CONNECTIONS}
 * @param headerTimeout how long a request's headers may take to arrive
 * @param bodyTimeout how long a request's body may take to arrive after its headers
 */
@ConfigurationProperties("keylapse")
public record ConnectionSettings(
        @Nullable Integer maxConnectionsPerAddress,
        @Bindable(defaultValue = "PT10S") Duration headerTimeout,
        @Bindable(defaultValue = "PT10S") Duration bodyTimeout) {
    private static final Duration MAX_TIMEOUT = Duration.ofMinutes(10);

    public ConnectionSettings {
        if (maxConnectionsPerAddress != null && maxConnectionsPerAddress < 1) {
            throw new IllegalArgumentException(
                    "keylapse.max-connections-per-address must be 1 or more, not " + maxConnectionsPerAddress);
        }
        check("keylapse.header-timeout", headerTimeout);
        check("keylapse.body-timeout", bodyTimeout);
    }

    private static void check(String setting, Duration timeout) {
        if (timeout.toMillis() < 1 || timeout.compareTo(MAX_TIMEOUT) > 0) {
            throw new IllegalArgumentException(
                    setting + " must be more than zero and at most " + MAX_TIMEOUT + ", not " + timeout);
        }
    }
}
