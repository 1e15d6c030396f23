package io.keylapse.registry;

import io.keylapse.key.KeyId;
import io.keylapse.key.KeyState;
import io.keylapse.key.ManagementKeyId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One ending of one key: it was active, it no longer is.
 *
 * @param version the key's version when it ended; with the id it says which ending
 * @param reason {@link KeyState#EXPIRED}, {@link KeyState#REVOKED} or {@link KeyState#ROTATED}
 * @param detail what whoever ended it said
 * @param endedBy who ended it; null when a deadline did
 * @param endedAt the deadline, or the instant of the decision
 * @param recordedAt when this was written down
 * @param source how the service came to know
 * @param reinstatedAt when a renewal undid it
 * @param position its place in the order of recording
 */
public record BlacklistEntry(
        KeyId keyId,
        int version,
        String owner,
        String name,
        String hint,
        KeyState reason,
        @Nullable String detail,
        @Nullable ManagementKeyId endedBy,
        Instant endedAt,
        Instant recordedAt,
        RecordingSource source,
        @Nullable Instant reinstatedAt,
        long position) {}
