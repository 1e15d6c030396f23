package io.keylapse.active;

import io.keylapse.key.KeyId;
import io.keylapse.key.KeyState;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Value that Redis stores for a key: a live entry or a tombstone. */
public sealed interface ActiveEntry {

    /** The key's public id. */
    KeyId id();

    /** Version of the key that this entry describes. An older version never replaces a newer one. */
    int version();

    /**
     * A key that is accepted until its deadline, with everything that a check returns.
     *
     * @param expiresAt deadline in whole milliseconds; null when the key never expires
     */
    record Live(KeyId id, int version, @Nullable Instant expiresAt, String owner, List<String> scopes)
            implements ActiveEntry {

        /** Whether the key has no deadline or its deadline is after {@code now}. */
        public boolean isLiveAt(Instant now) {
            return expiresAt == null || now.isBefore(expiresAt);
        }
    }

    /**
     * A key that was revoked or rotated. Redis keeps it for {@link ActiveKeys#TOMBSTONE_LIFETIME}, so that a late write of
     * an older version cannot bring the key back.
     *
     * @param state {@link KeyState#REVOKED} or {@link KeyState#ROTATED}
     * @param successor key that replaced it; null if none did
     */
    record Tombstone(
            KeyId id,
            int version,
            KeyState state,
            Instant endedAt,
            @Nullable KeyId successor) implements ActiveEntry {}
}
