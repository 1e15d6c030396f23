package io.keylapse.http.gateway;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How gateways present keys.
 *
 * @param keyHeader header that holds the key and nothing else
 * @param scopesHeader header that holds the required scopes
 * @param warnWithin how long before its deadline a valid key gets {@code X-Key-Expires-In} with the seconds left;
 *     never if not set
 * @param queryParameter query parameter of {@code /check} that may hold the key. URLs end up in logs, so there is none
 *     by default
 */
@ConfigurationProperties("keylapse.gateway")
public record GatewaySettings(
        @Bindable(defaultValue = "X-API-Key") String keyHeader,
        @Bindable(defaultValue = "X-Required-Scopes") String scopesHeader,
        @Nullable Duration warnWithin,
        @Nullable String queryParameter) {
    /** {@code token} of RFC 9110, section 5.6.2. */
    private static final Pattern HEADER_NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

    private static final String SCOPE = "scope";

    public GatewaySettings {
        check("keylapse.gateway.key-header", keyHeader);
        check("keylapse.gateway.scopes-header", scopesHeader);
        if (keyHeader.equalsIgnoreCase(scopesHeader)) {
            throw new IllegalArgumentException("keylapse.gateway.scopes-header must differ from"
                    + " keylapse.gateway.key-header, but both are \"" + scopesHeader + "\"");
        }
        if (SCOPE.equals(queryParameter)) {
            throw new IllegalArgumentException("keylapse.gateway.query-parameter must not be \"" + SCOPE
                    + "\", which is the parameter for required scopes");
        }
    }

    private static void check(String setting, String header) {
        if (!HEADER_NAME.matcher(header).matches()) {
            throw new IllegalArgumentException(setting + " must be the name of an HTTP header, not \"" + header + "\"");
        }
        if (header.equalsIgnoreCase("Authorization")) {
            throw new IllegalArgumentException(
                    setting + " must not be Authorization, which is always read as Authorization: Bearer");
        }
    }
}
