package io.keylapse.active;

import io.keylapse.key.KeyName;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Listeners for changed keys. Caches and schedules of this node register here. */
@Singleton
public final class KeyChanges {

    /**
     * Committed change of a key.
     *
     * @param version version of the key after the change
     * @param expiresAt deadline after the change; null when the key has none or has ended
     */
    public record Change(
            KeyName name, int version, @Nullable Instant expiresAt) {}

    /**
     * Called after the commit of each change: at once if this node made it, otherwise when the change feed reads it. It may
     * be called twice for one change. It must return quickly and must not throw.
     */
    @FunctionalInterface
    public interface Listener {
        void changed(Change change);
    }

    private final List<Listener> listeners = new CopyOnWriteArrayList<>();

    /** Adds a listener for every later change. */
    public void register(Listener listener) {
        listeners.add(listener);
    }

    /** Calls all listeners. */
    public void announce(Change change) {
        listeners.forEach(listener -> listener.changed(change));
    }
}
