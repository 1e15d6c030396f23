package io.keylapse.security.management;

import io.keylapse.key.ManagementKeyId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A credential for the management API. Its text is shown once, and only its digest is stored.
 *
 * @param expiresAt null if it has no deadline
 * @param lastUsedAt to the minute; null if it was not used since this is recorded
 */
public record ManagementKey(
        ManagementKeyId id,
        String name,
        Role role,
        String hint,
        Instant createdAt,
        @Nullable Instant expiresAt,
        @Nullable Instant lastUsedAt) {}
