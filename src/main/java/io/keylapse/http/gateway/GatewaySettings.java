package io.keylapse.http.gateway;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How gateways present keys, and what they are told.
 *
 * @param keyHeader header that holds the key and nothing else
 * @param scopesHeader header that holds the required scopes
 * @param scopeParameter query parameter of {@code /check} that demands scopes. With another name, {@code ?scope=} demands
 *     nothing
 * @param realm realm in {@code WWW-Authenticate} of refusals: the name of the API, in visible ASCII and spaces
 * @param instance what {@code instance} of a refusal holds: {@code check} for the path of the check, {@code forwarded} for the
 *     path that the gateway asks about, which follows {@code /check} or is in {@code X-Forwarded-Uri} or {@code
 *     X-Original-URI}
 * @param warnWithin how long before its deadline a valid key gets {@code X-Key-Expires-In} with the seconds left;
 *     never if not set
 * @param cacheHint whether the answer for a valid key has {@code X-Key-Cache-For}: for how many ms, counted from the
 *     request, a caller may reuse it without accepting a key for longer than Keylapse may
 * @param queryParameter query parameter of {@code /check} that may hold the key. URLs end up in logs, so there is none
 *     by default
 */
@ConfigurationProperties("keylapse.gateway")
public record GatewaySettings(
        @Bindable(defaultValue = "X-API-Key") String keyHeader,
        @Bindable(defaultValue = "X-Required-Scopes") String scopesHeader,
        @Bindable(defaultValue = "scope") String scopeParameter,
        @Bindable(defaultValue = "keylapse") String realm,
        @Bindable(defaultValue = "check") Instance instance,
        @Nullable Duration warnWithin,
        @Bindable(defaultValue = "false") boolean cacheHint,
        @Nullable String queryParameter) {
    /** {@code token} of RFC 9110, section 5.6.2. */
    private static final Pattern HEADER_NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

    /** {@code unreserved} of RFC 3986: names that look the same encoded. */
    private static final Pattern PARAMETER = Pattern.compile("[A-Za-z0-9._~-]{1,100}");

    /** {@code quoted-string} of RFC 9110, section 5.6.4, without escapes. */
    private static final Pattern REALM = Pattern.compile("[ -~&&[^\"\\\\]]{1,200}");

    /** What {@code instance} of a refusal holds. */
    public enum Instance {
        /** The path of the check. */
        CHECK,
        /** The path that the gateway asks about. */
        FORWARDED
    }

    public GatewaySettings {
        check("keylapse.gateway.key-header", keyHeader);
        check("keylapse.gateway.scopes-header", scopesHeader);
        if (keyHeader.equalsIgnoreCase(scopesHeader)) {
            throw new IllegalArgumentException("keylapse.gateway.scopes-header must differ from"
                    + " keylapse.gateway.key-header, but both are \"" + scopesHeader + "\"");
        }
        if (!PARAMETER.matcher(scopeParameter).matches()) {
            throw new IllegalArgumentException("keylapse.gateway.scope-parameter must be 1 to 100 letters, digits or"
                    + " . _ ~ -, not \"" + scopeParameter + "\"");
        }
        if (scopeParameter.equals(queryParameter)) {
            throw new IllegalArgumentException("keylapse.gateway.query-parameter must not be \"" + scopeParameter
                    + "\", which is the parameter for required scopes");
        }
        if (!REALM.matcher(realm).matches()) {
            throw new IllegalArgumentException("keylapse.gateway.realm must be 1 to 200 characters of visible ASCII and"
                    + " spaces, without quotes and backslashes");
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
