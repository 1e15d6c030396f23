package io.keylapse.http;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import jakarta.inject.Singleton;
import java.time.Duration;

/**
 * Draining: the time between the stop signal and the shutdown. Readiness already fails, so load balancers stop sending
 * requests; requests that still arrive are answered. Each response closes its connection, so no client is still using one
 * when the process ends.
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

    /** Whether this node is shutting down. */
    public boolean hasBegun() {
        return begun;
    }

    /** Starts draining, and returns when the drain time has passed. */
    public void drain() throws InterruptedException {
        begun = true;
        // There is no condition to wait for: load balancers do not report that they have noticed.
        Thread.sleep(settings.drainTime());
    }
}
