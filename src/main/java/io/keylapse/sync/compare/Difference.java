package io.keylapse.sync.compare;

import io.keylapse.active.ActiveEntry;
import io.keylapse.active.ActiveEntry.Live;
import io.keylapse.active.StoredEntries.Stored;
import io.keylapse.active.WriteDeadline;
import io.keylapse.key.KeyState;
import io.keylapse.projection.Projection;
import io.keylapse.registry.KeyRecord;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Difference between the entry of a key in Redis and its record in Postgres.
 *
 * @param stored value in Redis
 * @param key record in Postgres; null if there is none
 * @param deadline write deadline of a repair, taken before Postgres was read
 */
public record Difference(Kind kind, Stored stored, @Nullable KeyRecord key, WriteDeadline deadline) {
    public enum Kind {
        /** Redis has no entry for an active key. Each check of it costs a query. */
        MISSING,
        /** Redis has an older version. */
        OLDER,
        /** Redis has a version that Postgres does not have: Postgres has lost commits. */
        NEWER,
        /** Redis has the same version with other contents. */
        OTHER,
        /** Postgres has no such key. */
        UNKNOWN,
        /** Redis has a value that is no entry. */
        UNREADABLE
    }

    /** Compares a key in both stores; empty if they agree. */
    public static Optional<Difference> between(@Nullable KeyRecord key, Stored stored, WriteDeadline deadline) {
        return Optional.ofNullable(kindOf(key, stored)).map(kind -> new Difference(kind, stored, key, deadline));
    }

    private static @Nullable Kind kindOf(@Nullable KeyRecord key, Stored stored) {
        if (stored.bytes() == null) {
            return key != null && key.state() == KeyState.ACTIVE ? Kind.MISSING : null;
        }
        ActiveEntry found = stored.entry().orElse(null);
        if (found == null) {
            return Kind.UNREADABLE;
        }
        if (key == null) {
            return Kind.UNKNOWN;
        }
        int version = key.term().version();
        if (found.version() != version) {
            return found.version() < version ? Kind.OLDER : Kind.NEWER;
        }
        ActiveEntry wanted = Projection.of(key);
        boolean expired = found instanceof Live live && !live.isLiveAt(key.readAt()) && key.state() != KeyState.ACTIVE;
        return expired || found.equals(wanted) ? null : Kind.OTHER;
    }

    /** The correct entry; null if Redis should have none. */
    @Nullable
    public ActiveEntry wanted() {
        return key == null ? null : Projection.of(key);
    }
}
