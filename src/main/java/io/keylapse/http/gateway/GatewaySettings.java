package io.keylapse.http.gateway;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import org.jspecify.annotations.Nullable;

/**
 * How gateways present keys.
 *
 * @param keyHeader the header that holds nothing but the key
 * @param scopesHeader the header that demands scopes
 * @param queryParameter a query parameter of {@code /check} that may hold the key; null, the default, for none, because
 *     URLs end up in logs
 * @param renewUrl a template for where an owner renews a key, with {@code {keyId}} and {@code {owner}}; null for none
 */
@ConfigurationProperties("keylapse.gateway")
public record GatewaySettings(
        @Bindable(defaultValue = "X-API-Key") String keyHeader,
        @Bindable(defaultValue = "X-Required-Scopes") String scopesHeader,
        @Nullable String queryParameter,
        @Nullable String renewUrl) {}
