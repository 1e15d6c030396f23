package io.keylapse.active;

import io.keylapse.key.KeyName;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Where whoever remembers something about keys asks to be told when one changes. */
@Singleton
public final class KeyChanges {

    /**
     * A committed change.
     *
     * @param version of the key from now on
     * @param expiresAt the deadline from now on; null when the key has none or has ended
     */
    public record Change(
            KeyName name, int version, @Nullable Instant expiresAt) {}

    /**
     * Told of each change after the commit, at once if this node made it and a moment later if another did; may be told
     * twice; must be quick and must not throw.
     */
    @FunctionalInterface
    public interface Listener {
        void changed(Change change);
    }

    private final List<Listener> listeners = new CopyOnWriteArrayList<>();

    /** From now on this listener is told of every change. */
    public void register(Listener listener) {
        listeners.add(listener);
    }

    /** Tells everybody who registered. */
    public void announce(Change change) {
        listeners.forEach(listener -> listener.changed(change));
    }
}
