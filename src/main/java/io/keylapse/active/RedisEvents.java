package io.keylapse.active;

import io.keylapse.active.redis.RedisEventListener;
import io.keylapse.active.trust.Epoch;
import io.keylapse.active.trust.VersionFloors;
import io.keylapse.active.watch.SubscriptionManager;
import io.keylapse.key.KeyName;
import jakarta.inject.Singleton;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Messages that Redis publishes: {@code expired} keyspace events, and the changes that {@code apply.lua} publishes. A
 * change raises its {@link VersionFloors} entry on this node some milliseconds after the commit. Delivery is at most once:
 * Redis does not repeat messages that were lost while a subscription was broken.
 *
 * @see <a href="https://redis.io/docs/latest/develop/pubsub/keyspace-notifications/">Redis keyspace notifications</a>
 */
@Singleton
public final class RedisEvents {
    private final SubscriptionManager subscriptions;
    private final RedisNames names;
    private final VersionFloors floors;
    private final Epoch epoch;

    RedisEvents(SubscriptionManager subscriptions, RedisNames names, VersionFloors floors, Epoch epoch) {
        this.subscriptions = subscriptions;
        this.names = names;
        this.floors = floors;
        this.epoch = epoch;
    }

    /**
     * Subscribes as soon as Redis can be reached, and resubscribes when needed.
     *
     * @param expired called on a connection's event loop for each expired key; must not block
     */
    public void subscribe(Consumer<KeyName> expired) {
        subscriptions.start(new RedisEventListener() {
            @Override
            public void expired(byte[] redisName) {
                names.decode(redisName).ifPresent(expired);
            }

            @Override
            public void published(byte[] message) {
                changed(message);
            }

            @Override
            public void lost() {
                epoch.advance();
            }
        });
    }

    private void changed(byte[] message) {
        int end = message.length - Integer.BYTES;
        if (end > 0) {
            names.decode(Arrays.copyOf(message, end))
                    .ifPresent(
                            name -> floors.raise(name, ByteBuffer.wrap(message).getInt(end)));
        }
    }

    /** Whether the last canary of every primary was received, that is, expired events arrive. */
    public boolean areHeard() {
        return subscriptions.areHeard();
    }
}
