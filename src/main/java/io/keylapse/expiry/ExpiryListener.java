package io.keylapse.expiry;

import io.keylapse.active.Signals;
import io.keylapse.expiry.ExpiryQueue.Heard;
import io.keylapse.key.KeyName;
import io.keylapse.registry.RecordingSource;
import io.micronaut.context.annotation.Context;
import jakarta.annotation.PostConstruct;

/**
 * Hears Redis announce an expiry and queues it, if it is this node's turn to record. It does nothing else, so that Redis
 * never waits for it.
 */
@Context
final class ExpiryListener {
    private final Signals signals;
    private final ExpiryQueue queue;
    private final Turns turns;
    private final ExpirySettings settings;

    ExpiryListener(Signals signals, ExpiryQueue queue, Turns turns, ExpirySettings settings) {
        this.signals = signals;
        this.queue = queue;
        this.turns = turns;
        this.settings = settings;
    }

    @PostConstruct
    void start() {
        if (settings.listener()) {
            signals.subscribe(this::hear);
        }
    }

    private void hear(KeyName name) {
        if (turns.isOurs()) {
            queue.offer(new Heard(name, RecordingSource.NOTIFICATION));
        }
    }
}
