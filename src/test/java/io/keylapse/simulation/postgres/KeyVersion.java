package io.keylapse.simulation.postgres;

import io.keylapse.simulation.postgres.ModelPostgres.Row;
import java.time.Instant;
import java.util.Arrays;

/**
 * A key between two commits.
 *
 * @param decidedAt the time of the clock reading that the change is based on
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

    /** Whether the key is valid at that instant, according to this version. */
    public boolean isGoodAt(Instant instant) {
        return state.equals("active") && (expiresAt == null || instant.isBefore(expiresAt));
    }

    @Override
    public String toString() {
        return "version " + version + " " + state + " until " + expiresAt;
    }
}
