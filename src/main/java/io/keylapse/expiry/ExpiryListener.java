package io.keylapse.expiry;

import io.keylapse.active.RedisEvents;
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
    private final RedisEvents signals;
    private final ExpiryQueue queue;
    private final LeaderElection election;
    private final ExpirySettings settings;

    ExpiryListener(RedisEvents signals, ExpiryQueue queue, LeaderElection election, ExpirySettings settings) {
        this.signals = signals;
        this.queue = queue;
        this.election = election;
        this.settings = settings;
    }

    @PostConstruct
    void start() {
        if (settings.listener()) {
            signals.subscribe(this::hear);
        }
    }

    private void hear(KeyName name) {
        if (election.isOurs()) {
            queue.offer(new Heard(name, RecordingSource.NOTIFICATION));
        }
    }
}
