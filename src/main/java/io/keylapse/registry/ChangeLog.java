package io.keylapse.registry;

import io.keylapse.history.History;
import io.keylapse.history.HistoryPosition;
import io.keylapse.key.KeyName;
import io.keylapse.registry.sql.Columns;
import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The changes of keys in order: issue, renewal, rotation, revocation and change of details, but no expiry, which the
 * clock tells everybody. Each key is in it once, at the position of its last change.
 *
 * <p>A change is visible as soon as it is committed, be it out of order. {@link #horizon} is how far a reader who has
 * seen all that is visible need not look again. See {@code V6__history.sql}.
 */
@Singleton
public final class ChangeLog {
    /** Most changes that one query returns. */
    public static final int BATCH = 1_000;

    // The control file has the timeline only some seconds after a promotion; the name of the next WAL segment has it at
    // once.
    // What was flushed stays through a crash of Postgres; what was only inserted may not, and no commit was lost with
    // it.
    private static final String LOOK = "SELECT change_horizon() AS position,"
            + " (SELECT last_value FROM key_change) AS given, clock_timestamp() AS at,"
            + " pg_is_in_recovery() AS standby, i.id AS installation, s.system_identifier AS system,"
            + " CASE WHEN NOT pg_is_in_recovery() THEN"
            + " ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int END AS timeline,"
            + " d.oid AS database, t.relnamespace AS schema, t.oid AS \"table\","
            + " CASE WHEN NOT pg_is_in_recovery() THEN (pg_current_wal_flush_lsn() - '0/0')::bigint END AS wal,"
            + " (SELECT id FROM milestone ORDER BY made_at DESC, id DESC LIMIT 1) AS milestone,"
            + " extract(epoch FROM clock_timestamp() - coalesce(i.lost_at, timestamptz 'epoch'))::bigint * 1000 AS since_loss,"
            + " EXISTS (SELECT FROM milestone WHERE id = ?::uuid) AS remembers"
            + " FROM installation i, pg_control_system() s, pg_class t, pg_database d"
            + " WHERE t.oid = 'api_key'::regclass AND d.datname = current_database()";

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

    /**
     * A look into Postgres.
     *
     * @param position up to which every change is visible
     * @param given the latest position that was given out; in one history it goes back at most when Postgres crashes
     * @param at when it was looked at, by Postgres's clock
     * @param moment which Postgres it was; empty for a standby, whose word does not count
     * @param remembers whether it knows the milestone that the caller remembers
     * @param sinceLoss how long ago a node found that it had lost commits; years if none did
     */
    public record Look(
            long position,
            long given,
            Instant at,
            Optional<HistoryPosition> moment,
            boolean remembers,
            Duration sinceLoss) {}

    /** A changed key. */
    public record ChangedKey(long position, KeyRecord key) {}

    /** Up to this position every change is committed and visible to the statements that follow. */
    public long horizon() {
        return postgres.queryFirst("SELECT change_horizon()", row -> row.getLong(1))
                .orElseThrow();
    }

    /**
     * Looks how far the changes go and which Postgres it is.
     *
     * @param remembered a milestone of an earlier look; null for none
     */
    public Look look(@Nullable UUID remembered) {
        return postgres.queryFirst(LOOK, ChangeLog::readLook, remembered)
                .orElseThrow(() -> new IllegalStateException(
                        "Postgres does not know its installation, as while a dump is restored into it"));
    }

    private static Look readLook(ResultSet row) throws SQLException {
        Optional<HistoryPosition> moment = row.getBoolean("standby")
                ? Optional.empty()
                : Optional.of(new HistoryPosition(
                        new History(
                                row.getObject("installation", UUID.class),
                                row.getLong("system"),
                                row.getInt("timeline"),
                                row.getLong("database"),
                                row.getLong("schema"),
                                row.getLong("table")),
                        row.getLong("wal"),
                        Optional.ofNullable(row.getObject("milestone", UUID.class))
                                .orElseThrow(() -> new IllegalStateException(
                                        "Postgres has no milestone yet, as while a dump is restored into it"))));
        return new Look(
                row.getLong("position"),
                row.getLong("given"),
                Columns.instant(row, "at"),
                moment,
                row.getBoolean("remembers"),
                Duration.ofMillis(row.getLong("since_loss")));
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
                                + " pg_try_advisory_xact_lock('milestone'::regclass::oid::integer, 0)",
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
