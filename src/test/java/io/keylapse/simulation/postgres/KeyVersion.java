package io.keylapse.simulation.postgres;

import io.keylapse.simulation.postgres.ModelPostgres.Row;
import java.time.Instant;
import java.util.Arrays;

/**
 * A key as it was from one commit to the next.
 *
 * @param decidedAt when whoever made it looked at the clock
 */
@SuppressWarnings("ArrayRecordComponent") // never compared as a record
public record KeyVersion(
        int version,
        String state,
        String endReason,
        Instant expiresAt,
        Instant endedAt,
        Instant committedAt,
        Instant decidedAt,
        byte[] name) {
    static KeyVersion of(Row row, Instant committedAt, Instant decidedAt) {
        return new KeyVersion(
                (int) row.get("version"),
                (String) row.get("state"),
                (String) row.get("end_reason"),
                row.instant("expires_at"),
                row.instant("ended_at"),
                committedAt,
                decidedAt,
                Arrays.copyOf((byte[]) row.get("digest"), 16));
    }

    /** Whether the key is good at that instant, going by this version. */
    public boolean isGoodAt(Instant instant) {
        return state.equals("active") && (expiresAt == null || instant.isBefore(expiresAt));
    }

    @Override
    public String toString() {
        return "version " + version + " " + state + " until " + expiresAt;
    }
}
