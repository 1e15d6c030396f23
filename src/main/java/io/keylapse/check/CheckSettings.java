package io.keylapse.check;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;

/**
 * What a check may ask of Postgres when Redis does not know the answer.
 *
 * @param missConcurrency how many keys may be looked up at once; some more wait for their turn
 * @param missTimeout how long a check waits for such a look-up, its turn included, until the answer is "cannot be known
 *     now"
 */
@ConfigurationProperties("keylapse.check")
public record CheckSettings(
        @Bindable(defaultValue = "16") int missConcurrency,
        @Bindable(defaultValue = "PT1S") Duration missTimeout) {
    public CheckSettings {
        if (missConcurrency < 1) {
            throw new IllegalArgumentException(
                    "keylapse.check.miss-concurrency must be at least 1, not " + missConcurrency);
        }
        if (!missTimeout.isPositive()) {
            throw new IllegalArgumentException("keylapse.check.miss-timeout must be positive, not " + missTimeout);
        }
    }
}
