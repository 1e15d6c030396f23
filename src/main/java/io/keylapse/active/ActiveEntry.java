package io.keylapse.active;

import io.keylapse.key.KeyId;
import io.keylapse.key.KeyState;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What Redis holds under a key's name. */
public sealed interface ActiveEntry {

    /** The key's public id. */
    KeyId id();

    /** The version of the key that this entry stands for; an older one never replaces a newer one. */
    int version();

    /**
     * A key that is accepted until its deadline, with all that a gateway is told of it.
     *
     * @param expiresAt in whole milliseconds; null when the key never expires
     */
    record Live(KeyId id, int version, @Nullable Instant expiresAt, String owner, List<String> scopes)
            implements ActiveEntry {

        /** Whether the deadline lies after that instant. */
        public boolean isLiveAt(Instant now) {
            return expiresAt == null || now.isBefore(expiresAt);
        }
    }

    /**
     * A key that was ended before its deadline. It is kept for a while so that an older write that arrives late cannot
     * bring the key back.
     *
     * @param state {@link KeyState#REVOKED} or {@link KeyState#ROTATED}
     * @param successor the key that replaced it, if any
     */
    record Tombstone(
            KeyId id,
            int version,
            KeyState state,
            Instant endedAt,
            @Nullable KeyId successor) implements ActiveEntry {}
}
