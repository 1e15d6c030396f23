package io.keylapse.expiry;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;

/**
 * How expiries come to be recorded. The three ways are independent: any of them may be off, which costs time and
 * nothing else, as long as the sweep is on.
 *
 * @param listener whether to listen to Redis
 * @param prompter whether to make Redis expire keys on time
 * @param sweep whether to look in Postgres for what was missed
 * @param queueCapacity how many expiries may wait to be recorded; the sweep has those beyond
 */
@ConfigurationProperties("keylapse.expiry")
public record ExpirySettings(
        @Bindable(defaultValue = "true") boolean listener,
        @Bindable(defaultValue = "true") boolean prompter,
        @Bindable(defaultValue = "true") boolean sweep,
        @Bindable(defaultValue = "100000") int queueCapacity) {
    /** The room is allocated at the start: 40 MB of references. */
    private static final int MAX_CAPACITY = 10_000_000;

    public ExpirySettings {
        if (queueCapacity < 1 || queueCapacity > MAX_CAPACITY) {
            throw new IllegalArgumentException(
                    "keylapse.expiry.queue-capacity must be from 1 to " + MAX_CAPACITY + ", not " + queueCapacity);
        }
    }
}
