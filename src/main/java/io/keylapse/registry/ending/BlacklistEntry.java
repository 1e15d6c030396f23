package io.keylapse.registry.ending;

import io.keylapse.key.KeyId;
import io.keylapse.key.KeyState;
import io.keylapse.key.ManagementKeyId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A blacklist entry: one ending of one key.
 *
 * @param version the key's version when it ended; identifies the entry together with the id
 * @param reason {@link KeyState#EXPIRED}, {@link KeyState#REVOKED} or {@link KeyState#ROTATED}
 * @param detail the reason given by the caller; null if none was given
 * @param endedBy the management key that ended it; null if its deadline passed
 * @param endedAt the deadline, or the time of the revocation or rotation
 * @param recordedAt when this entry was written
 * @param source how Keylapse came to record it
 * @param reinstatedAt when a renewal reinstated the key; null if none did
 * @param position its number in the order of recording
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
