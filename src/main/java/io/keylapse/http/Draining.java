package io.keylapse.http;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import jakarta.inject.Singleton;
import java.time.Duration;

/**
 * The time between "stop" and the end, in which load balancers learn of it and requests are still answered. Each answer
 * ends its connection, so that at the end there is none left on which a request may just be coming.
 */
@Singleton
public final class Draining {

    /**
     * How to stop.
     *
     * @param drainTime how long a node that stops still answers requests after readiness has said so
     */
    @ConfigurationProperties("keylapse")
    public record Settings(@Bindable(defaultValue = "PT2S") Duration drainTime) {
        public Settings {
            if (drainTime.isNegative()) {
                throw new IllegalArgumentException("keylapse.drain-time must not be negative, but is " + drainTime);
            }
        }
    }

    private final Settings settings;
    private volatile boolean begun;

    Draining(Settings settings) {
        this.settings = settings;
    }

    /** Whether this instance is about to end. */
    public boolean hasBegun() {
        return begun;
    }

    /** Says so from now on, and returns when it is time to end. */
    public void drain() throws InterruptedException {
        begun = true;
        // There is no condition to wait for: load balancers do not say when they have noticed.
        Thread.sleep(settings.drainTime());
    }
}
