package io.keylapse.registry;

import io.keylapse.key.KeyDigest;
import io.keylapse.key.KeyId;
import io.keylapse.key.KeyState;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A key as stored in Postgres.
 *
 * @param readAt Postgres's clock when the row was read; for a locked row, after the lock was acquired
 */
public record KeyRecord(
        KeyId id,
        KeyDigest digest,
        String hint,
        String owner,
        KeyDetails details,
        KeyTerm term,
        @Nullable KeyId predecessorId,
        Instant readAt) {

    /** The state as of {@link #readAt}. */
    public KeyState state() {
        return term.stateAt(readAt);
    }

    /** When the key ended, as of {@link #readAt}; null while it is active. */
    public @Nullable Instant endedAt() {
        return term.endedAt(readAt);
    }

    /** The same key with its next term. */
    public KeyRecord with(KeyTerm next) {
        return new KeyRecord(id, digest, hint, owner, details, next, predecessorId, readAt);
    }

    /** The same key with other details, and the next version. */
    public KeyRecord with(KeyDetails changed) {
        return new KeyRecord(id, digest, hint, owner, changed, term.touched(), predecessorId, readAt);
    }
}
