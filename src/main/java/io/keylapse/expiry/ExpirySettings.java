package io.keylapse.expiry;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;

/**
 * How expiries are recorded. The three ways are independent. Any of them may be off, which costs only time as long as
 * the sweep is on.
 *
 * @param listener record expiries that Redis announces
 * @param prompter touch keys at their deadline, so that Redis expires them on time
 * @param sweep record overdue keys that Redis did not announce. Leave it on: without it, missed expiries are never
 *     recorded
 * @param queueCapacity how many expiries may wait to be recorded; the sweep records those beyond
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
