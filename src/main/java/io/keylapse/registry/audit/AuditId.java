package io.keylapse.registry.audit;

import io.keylapse.key.PublicId;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.UUID;

/** Public id of an entry of the audit trail: {@code aud_} and 22 characters. Ids sort by time. */
public record AuditId(UUID value) {
    private static final String PREFIX = "aud_";
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final long MAX_MILLIS = (1L << 48) - 1;

    /** Generates the id of an entry of this instant. */
    public static AuditId generate(Instant at) {
        return new AuditId(PublicId.timeOrdered(at.toEpochMilli(), RANDOM));
    }

    /** An id before those of all entries at or after this instant, and after those of all earlier ones. */
    public static UUID firstAt(Instant at) {
        long millis = at.plusNanos(999_999).toEpochMilli();
        return new UUID(Math.clamp(millis, 0, MAX_MILLIS) << 16, 0);
    }

    @Override
    public String toString() {
        return PublicId.format(PREFIX, value);
    }
}
