package io.keylapse.http.console;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;

/**
 * Whether there is a console.
 *
 * @param enabled serve the console at {@code /console}
 */
@ConfigurationProperties("keylapse.console")
public record ConsoleSettings(
        @Bindable(defaultValue = "true") boolean enabled) {}
