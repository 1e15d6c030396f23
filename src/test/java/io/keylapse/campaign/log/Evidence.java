package io.keylapse.campaign.log;

import java.time.Instant;
import java.util.List;

/**
 * The final content of the stores.
 *
 * @param takenAt when it was read
 */
public record Evidence(Instant takenAt, List<KeyRow> keys, List<EndingRow> endings, List<Entry> redis) {
    /** A key in Postgres. */
    public record KeyRow(
            String id, String name, String state, int version, Instant issuedAt, Instant expiresAt, Instant endedAt) {}

    /** A row of the blacklist; its id is that of the {@link KeyRow}. */
    public record EndingRow(
            String keyId, int version, String reason, Instant endedAt, Instant recordedAt, String source) {}

    /**
     * An entry in Redis.
     *
     * @param live whether it accepts the key; otherwise it is a tombstone
     * @param deadline of a live entry, or when the key of a tombstone ended
     */
    public record Entry(String name, boolean live, int version, Instant deadline) {}
}
