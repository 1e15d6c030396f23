package io.keylapse.http.management.stream;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;

/**
 * How exports are sent.
 *
 * @param exportTimeout how long an export waits for a client that reads nothing before it is cut off
 */
@ConfigurationProperties("keylapse")
record ExportSettings(@Bindable(defaultValue = "PT1M") Duration exportTimeout) {
    ExportSettings {
        if (!exportTimeout.isPositive()) {
            throw new IllegalArgumentException("keylapse.export-timeout must be positive, not " + exportTimeout);
        }
    }
}
