package io.keylapse.expiry;

import io.keylapse.active.ExpirySignals;
import io.keylapse.registry.RecordingSource;
import io.micronaut.context.annotation.Context;
import jakarta.annotation.PostConstruct;

/** Hears Redis announce an expiry and queues it. It does nothing else, so that Redis never waits for it. */
@Context
final class ExpiryListener {
    private final ExpirySignals signals;
    private final ExpiryQueue queue;
    private final ExpirySettings settings;

    ExpiryListener(ExpirySignals signals, ExpiryQueue queue, ExpirySettings settings) {
        this.signals = signals;
        this.queue = queue;
        this.settings = settings;
    }

    @PostConstruct
    void start() {
        if (settings.listener()) {
            signals.subscribe(name -> queue.offer(new ExpiryQueue.Heard(name, RecordingSource.NOTIFICATION, false)));
        }
    }
}
