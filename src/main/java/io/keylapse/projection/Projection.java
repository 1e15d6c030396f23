package io.keylapse.projection;

import io.keylapse.active.ActiveEntry;
import io.keylapse.active.ActiveEntry.Live;
import io.keylapse.active.ActiveEntry.Tombstone;
import io.keylapse.key.KeyState;
import io.keylapse.registry.KeyRecord;
import io.keylapse.registry.KeyTable.ActiveKey;
import java.time.Instant;

/** Projection of a key in Postgres to its entry in Redis. */
public final class Projection {
    private Projection() {}

    /**
     * The entry for a key. An expired key is projected to a live entry with its past deadline. Checks do not accept it, and
     * it replaces an older version with a later deadline.
     */
    public static ActiveEntry of(KeyRecord key) {
        int version = key.term().version();
        Instant endedAt = key.endedAt();
        KeyState state = key.state();
        return endedAt == null || state == KeyState.EXPIRED
                ? new Live(
                        key.id(),
                        version,
                        key.term().expiresAt(),
                        key.owner(),
                        key.details().scopes())
                : new Tombstone(key.id(), version, state, endedAt, key.term().successorId());
    }

    /** The entry for an active key. */
    public static Live of(ActiveKey key) {
        return new Live(key.id(), key.version(), key.expiresAt(), key.owner(), key.scopes());
    }
}
