package io.keylapse.registry;

import io.keylapse.key.KeyId;
import io.keylapse.registry.sql.Columns;
import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * The table of rotations by key holders: one row per successor. It says how often a key and its successors were rotated
 * lately, and whether anybody has claimed a successor, so that a successor whose secret was lost can be told from one in
 * use.
 */
@Singleton
public final class SelfRotationTable {
    private static final Duration DAY = Duration.ofDays(1);

    private static final String ROOT = "SELECT root_id FROM self_rotation WHERE successor_id = ?";

    private static final String RECENT = """
            SELECT rotated_at FROM self_rotation
            WHERE root_id = ? AND rotated_at > ? ORDER BY rotated_at DESC LIMIT 1 OFFSET ?""";

    private static final String INSERT =
            "INSERT INTO self_rotation (successor_id, root_id, rotated_at) VALUES (?, ?, ?)";

    private static final String UNCLAIMED = """
            SELECT successor_id FROM self_rotation
            WHERE successor_id = ? AND claimed_at IS NULL
                AND NOT EXISTS (SELECT FROM key_usage WHERE key_id = successor_id)""";

    private static final String LOCK_UNCLAIMED = UNCLAIMED + " FOR UPDATE OF self_rotation";

    private static final String CLAIM =
            "UPDATE self_rotation SET claimed_at = clock_timestamp() WHERE successor_id = ? AND claimed_at IS NULL";

    private final Postgres postgres;

    SelfRotationTable(Postgres postgres) {
        this.postgres = postgres;
    }

    /**
     * The time until a key may be rotated by its holder again; empty if it may be now. Rotations of the keys that it
     * descends from count too.
     *
     * @param perDay how many rotations within 24 hours are allowed
     */
    public Optional<Duration> wait(KeyId key, int perDay, Instant now) {
        return postgres.queryFirst(RECENT, row -> Columns.instant(row, 1), rootOf(key), now.minus(DAY), perDay - 1)
                .map(first -> Duration.between(now, first.plus(DAY)));
    }

    /** Records that the holder of a key has rotated it. */
    public void add(KeyId key, KeyId successor, Instant now) {
        postgres.update(INSERT, successor.value(), rootOf(key), now);
    }

    /** Whether this key is a successor that its holder has not claimed, and of which no use is recorded. */
    public boolean isUnclaimed(KeyId successor) {
        return postgres.queryFirst(UNCLAIMED, row -> true, successor.value()).isPresent();
    }

    /** The same. If it is, nobody can claim it until the transaction ends. */
    public boolean lockUnclaimed(KeyId successor) {
        return postgres.queryFirst(LOCK_UNCLAIMED, row -> true, successor.value())
                .isPresent();
    }

    /** Records that somebody has this key's secret. */
    public void claim(KeyId key) {
        postgres.update(CLAIM, key.value());
    }

    /** The first key of the chain of rotations by holders that led to this key. */
    private UUID rootOf(KeyId key) {
        return postgres.queryFirst(ROOT, row -> row.getObject(1, UUID.class), key.value())
                .orElse(key.value());
    }
}
