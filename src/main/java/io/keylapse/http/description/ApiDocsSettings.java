package io.keylapse.http.description;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;

/**
 * Whether the API description is served.
 *
 * @param enabled serve {@code /openapi.yaml} and {@code /api-docs}
 */
@ConfigurationProperties("keylapse.api-docs")
public record ApiDocsSettings(
        @Bindable(defaultValue = "true") boolean enabled) {}
