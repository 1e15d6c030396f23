package io.keylapse.active;

import io.keylapse.active.watch.ExpirySubscriptions;
import io.keylapse.key.KeyName;
import jakarta.inject.Singleton;
import java.util.function.Consumer;

/**
 * Redis's {@code expired} keyspace events. Fire-and-forget: what is announced while nobody listens is never announced
 * again.
 *
 * @see <a href="https://redis.io/docs/latest/develop/pubsub/keyspace-notifications/">Redis keyspace notifications</a>
 */
@Singleton
public final class ExpirySignals {
    private final ExpirySubscriptions subscriptions;
    private final KeyNames names;

    ExpirySignals(ExpirySubscriptions subscriptions, KeyNames names) {
        this.subscriptions = subscriptions;
        this.names = names;
    }

    /**
     * Subscribes as soon as Redis can be reached, and again whenever it must be.
     *
     * @param expired called on a connection's event loop for each key of ours; must return at once
     */
    public void subscribe(Consumer<KeyName> expired) {
        subscriptions.start(redisName -> names.decode(redisName).ifPresent(expired));
    }

    /** Whether, a second ago, expiries were heard from every primary. */
    public boolean areHeard() {
        return subscriptions.areHeard();
    }
}
