package io.keylapse.campaign.log;

import java.time.Instant;
import java.util.List;

/**
 * What the stores hold in the end.
 *
 * @param takenAt when they were read
 */
public record Evidence(Instant takenAt, List<KeyRow> keys, List<EndingRow> endings, List<Entry> redis) {
    /** A key in Postgres. */
    public record KeyRow(
            String id, String name, String state, int version, Instant issuedAt, Instant expiresAt, Instant endedAt) {}

    /** A row of the blacklist; the id is that of {@link KeyRow}. */
    public record EndingRow(
            String keyId, int version, String reason, Instant endedAt, Instant recordedAt, String source) {}

    /**
     * An entry in Redis.
     *
     * @param live whether it lets a key in; if not it is a tombstone
     * @param deadline of a live entry, or when the key of a tombstone ended
     */
    public record Entry(String name, boolean live, int version, Instant deadline) {}
}
