package io.keylapse.registry;

import io.keylapse.key.KeyName;
import io.keylapse.registry.sql.Columns;
import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The changes of keys in order: issue, renewal, rotation, revocation and change of details, but no expiry, which the
 * clock tells everybody. Each key is in it once, at the position of its last change.
 *
 * <p>A change is visible as soon as it is committed, be it out of order. {@link #horizon} is how far a reader who has
 * seen all that is visible need not look again. See {@code V2__change_feed.sql}.
 */
@Singleton
public final class ChangeLog {
    /** Most changes that one query returns. */
    public static final int BATCH = 1_000;

    private static final String TAIL = "SELECT change, " + KeyTable.NAME + " AS name, version,"
            + " CASE WHEN state = 'active' THEN expires_at END AS expires_at,"
            + " extract(epoch FROM clock_timestamp() - changed_at) * 1000 AS age_ms FROM api_key";

    private final Postgres postgres;

    ChangeLog(Postgres postgres) {
        this.postgres = postgres;
    }

    /**
     * That a key has changed.
     *
     * @param expiresAt its deadline from now on; null when it has none or has ended
     * @param age since it changed, by Postgres's clock
     */
    public record Changed(
            long position,
            KeyName name,
            int version,
            @Nullable Instant expiresAt,
            Duration age) {}

    /** Up to where every change is visible, and when. */
    public record Horizon(long position, Instant at) {}

    /** A changed key. */
    public record ChangedKey(long position, KeyRecord key) {}

    /** Up to this position every change is committed and visible to the statements that follow. */
    public long horizon() {
        return look().position();
    }

    /** The horizon, and when it was looked at by Postgres's clock. */
    public Horizon look() {
        return postgres.queryFirst(
                        "SELECT change_horizon(), clock_timestamp()",
                        row -> new Horizon(row.getLong(1), Columns.instant(row, 2)))
                .orElseThrow();
    }

    /** What has changed behind that position, in order, up to {@link #BATCH}. */
    public List<Changed> after(long position) {
        return postgres.query(
                TAIL + " WHERE change > ? ORDER BY change LIMIT " + BATCH, ChangeLog::readChange, position);
    }

    /** The last so many changes, latest first. */
    public List<Changed> latest(int limit) {
        return postgres.query(TAIL + " ORDER BY change DESC LIMIT ?", ChangeLog::readChange, limit);
    }

    /** The keys that have changed behind that position, in order, up to {@link #BATCH}. */
    public List<ChangedKey> keysAfter(long position) {
        return keysAfter(position, 1);
    }

    /** The same of keys that have at least that version; 2 leaves out what has only been issued. */
    public List<ChangedKey> keysAfter(long position, int leastVersion) {
        return postgres.query(
                "SELECT change, " + KeyTable.COLUMNS + ", now() AS read_at FROM api_key WHERE change > ?"
                        + " AND version >= ? ORDER BY change LIMIT " + BATCH,
                row -> new ChangedKey(row.getLong("change"), KeyRow.read(row)),
                position,
                leastVersion);
    }

    /** A position behind which are all changes of that time up to now, and some more. */
    public long positionBefore(Duration ago) {
        // Who changes a key draws its position before it looks at the clock, and may be held up in between.
        return postgres.queryFirst(
                        "SELECT coalesce((SELECT change FROM api_key WHERE"
                                + " changed_at < clock_timestamp() - ?::interval - interval '1 minute'"
                                + " ORDER BY change DESC LIMIT 1), 0)",
                        row -> row.getLong(1),
                        ago.toString())
                .orElseThrow();
    }

    /**
     * Whether this transaction, and so this node, is the one that carries changes to Redis. Nothing wrong comes of two
     * that do; it is only done twice. A node that is stopped in the middle of it loses the lead after two seconds.
     */
    public boolean tryLead() {
        return postgres.queryFirst(
                        "SELECT set_config('idle_in_transaction_session_timeout', '2000', true),"
                                + " pg_try_advisory_xact_lock(" + (19267L << 48) + " - 1)",
                        row -> row.getBoolean(2))
                .orElse(false);
    }

    private static Changed readChange(ResultSet row) throws SQLException {
        return new Changed(
                row.getLong("change"),
                new KeyName(row.getBytes("name")),
                row.getInt("version"),
                Columns.nullableInstant(row, "expires_at"),
                Duration.ofMillis(Math.max(0, row.getLong("age_ms"))));
    }
}
