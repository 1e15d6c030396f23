package io.keylapse.http.holder;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;

/**
 * Whether there is a page for key holders.
 *
 * @param enabled serve the page for key holders at {@code /my-key}
 */
@ConfigurationProperties("keylapse.my-key")
public record MyKeySettings(@Bindable(defaultValue = "true") boolean enabled) {}
