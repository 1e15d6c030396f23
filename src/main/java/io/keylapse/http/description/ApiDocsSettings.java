package io.keylapse.http.description;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;

/**
 * Whether the interface describes itself.
 *
 * @param enabled false for those who would rather not show it
 */
@ConfigurationProperties("keylapse.api-docs")
public record ApiDocsSettings(
        @Bindable(defaultValue = "true") boolean enabled) {}
