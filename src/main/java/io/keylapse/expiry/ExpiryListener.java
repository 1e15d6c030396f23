package io.keylapse.expiry;

import io.keylapse.active.RedisEvents;
import io.keylapse.expiry.ExpiryQueue.Expiry;
import io.keylapse.key.KeyName;
import io.keylapse.registry.ending.RecordingSource;
import io.micronaut.context.annotation.Context;
import jakarta.annotation.PostConstruct;

/**
 * Listener for the expired events of Redis. It queues each event if this node is the leader, and does nothing else, because
 * it runs on a connection's event loop.
 */
@Context
final class ExpiryListener {
    private final RedisEvents events;
    private final ExpiryQueue queue;
    private final LeaderElection election;
    private final ExpirySettings settings;

    ExpiryListener(RedisEvents events, ExpiryQueue queue, LeaderElection election, ExpirySettings settings) {
        this.events = events;
        this.queue = queue;
        this.election = election;
        this.settings = settings;
    }

    @PostConstruct
    void start() {
        if (settings.listener()) {
            events.subscribe(this::expired);
        }
    }

    private void expired(KeyName name) {
        if (election.isOurs()) {
            queue.offer(new Expiry(name, RecordingSource.NOTIFICATION));
        }
    }
}
