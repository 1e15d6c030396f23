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
 * What Redis pushes: its {@code expired} keyspace events, and what {@code apply.lua} publishes of a change, which goes
 * into {@link VersionFloors} here, some milliseconds after the commit. Fire-and-forget: what is announced while nobody
 * listens is never announced again.
 *
 * @see <a href="https://redis.io/docs/latest/develop/pubsub/keyspace-notifications/">Redis keyspace notifications</a>
 */
@Singleton
public final class RedisEvents {
    private final SubscriptionManager subscriptions;
    private final RedisNames names;
    private final VersionFloors recent;
    private final Epoch epoch;

    RedisEvents(SubscriptionManager subscriptions, RedisNames names, VersionFloors recent, Epoch epoch) {
        this.subscriptions = subscriptions;
        this.names = names;
        this.recent = recent;
        this.epoch = epoch;
    }

    /**
     * Subscribes as soon as Redis can be reached, and again whenever it must be.
     *
     * @param expired called on a connection's event loop for each key of ours; must return at once
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
                            name -> recent.raise(name, ByteBuffer.wrap(message).getInt(end)));
        }
    }

    /** Whether, a second ago, expiries were heard from every primary. */
    public boolean areHeard() {
        return subscriptions.areHeard();
    }
}
