package io.keylapse.active;

import io.keylapse.active.redis.SignalListener;
import io.keylapse.active.trust.Epoch;
import io.keylapse.active.trust.RecentChanges;
import io.keylapse.active.watch.Subscriptions;
import io.keylapse.key.KeyName;
import jakarta.inject.Singleton;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * What Redis pushes: its {@code expired} keyspace events, and what {@code apply.lua} publishes of a change, which goes
 * into {@link RecentChanges} here, some milliseconds after the commit. Fire-and-forget: what is announced while nobody
 * listens is never announced again.
 *
 * @see <a href="https://redis.io/docs/latest/develop/pubsub/keyspace-notifications/">Redis keyspace notifications</a>
 */
@Singleton
public final class Signals {
    private final Subscriptions subscriptions;
    private final KeyNames names;
    private final RecentChanges recent;
    private final Epoch epoch;

    Signals(Subscriptions subscriptions, KeyNames names, RecentChanges recent, Epoch epoch) {
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
        subscriptions.start(new SignalListener() {
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
