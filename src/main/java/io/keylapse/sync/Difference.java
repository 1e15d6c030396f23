package io.keylapse.sync;

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
 * That Redis holds something else for a key than it should.
 *
 * @param key as Postgres has it; null when it has none of that name
 * @param deadline taken before Postgres was asked, until which it may be put right
 */
record Difference(Kind kind, Stored stored, @Nullable KeyRecord key, WriteDeadline deadline) {
    enum Kind {
        /** An active key that Redis lacks. It costs a query per check. */
        MISSING,
        /** Redis has an older version. */
        OLDER,
        /** Redis has a version that Postgres has yet to reach: Postgres, or its copy, went back in time. */
        NEWER,
        /** The same version with other contents. */
        OTHER,
        /** Postgres has never heard of it. */
        UNKNOWN,
        /** Bytes that are no entry. */
        UNREADABLE
    }

    /** What is wrong, if anything is. */
    static Optional<Difference> between(@Nullable KeyRecord key, Stored stored, WriteDeadline deadline) {
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
        boolean lapsed = found instanceof Live live && !live.isLiveAt(key.readAt()) && key.state() != KeyState.ACTIVE;
        return lapsed || found.equals(wanted) ? null : Kind.OTHER;
    }

    /** What should be there instead; null for nothing. */
    @Nullable
    ActiveEntry wanted() {
        return key == null ? null : Projection.of(key);
    }
}
