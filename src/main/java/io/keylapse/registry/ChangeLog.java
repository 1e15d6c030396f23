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
 * The ordered log of key changes: issue, renewal, rotation, revocation and change of details. Expiries are not in it,
 * because every node knows the deadline. Each key appears once, at the position of its last change.
 *
 * <p>Changes may be committed, and so become visible, out of order. Up to the {@link #horizon} every change is committed, so
 * a reader that has read that far need not read it again. See {@code V6__history.sql}.
 */
@Singleton
public final class ChangeLog {
    /** Maximum number of changes that one query returns. */
    public static final int BATCH = 1_000;

    // The timeline comes from the name of the next WAL segment, which has it immediately after a promotion. The control
    // file has it only some seconds later. The WAL position is the flushed one, because WAL that was only inserted can
    // be
    // lost in a crash of Postgres, without any lost commit.
    private static final String LOOK = """
            SELECT change_horizon() AS position,
                (SELECT last_value FROM key_change) AS given, clock_timestamp() AS at,
                pg_is_in_recovery() AS standby, i.id AS installation, s.system_identifier AS system,
                CASE WHEN NOT pg_is_in_recovery()
                    THEN ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int END AS timeline,
                d.oid AS database, t.relnamespace AS schema, t.oid AS "table",
                CASE WHEN NOT pg_is_in_recovery() THEN (pg_current_wal_flush_lsn() - '0/0')::bigint END AS wal,
                (SELECT id FROM milestone ORDER BY made_at DESC, id DESC LIMIT 1) AS milestone,
                extract(epoch FROM clock_timestamp() - coalesce(i.lost_at, timestamptz 'epoch'))::bigint * 1000
                    AS since_loss,
                EXISTS (SELECT FROM milestone WHERE id = ?::uuid) AS remembers
            FROM installation i, pg_control_system() s, pg_class t, pg_database d
            WHERE t.oid = 'api_key'::regclass AND d.datname = current_database()""";

    private static final String TAIL = "SELECT change, " + KeyTable.NAME + """
             AS name, version,
                CASE WHEN state = 'active' THEN expires_at END AS expires_at,
                extract(epoch FROM clock_timestamp() - changed_at) * 1000 AS age_ms
            FROM api_key""";
    private static final String AFTER = TAIL + " WHERE change > ? ORDER BY change LIMIT " + BATCH;
    private static final String LATEST = TAIL + " ORDER BY change DESC LIMIT ?";

    private static final String KEYS_AFTER = "SELECT change, " + KeyTable.COLUMNS
            + ", now() AS read_at FROM api_key WHERE change > ? AND version >= ? ORDER BY change LIMIT " + BATCH;

    private static final String HORIZON = "SELECT change_horizon()";

    // A transaction takes its position before it reads the clock, and may be delayed in between; hence the minute.
    private static final String POSITION_BEFORE = """
            SELECT coalesce((SELECT change FROM api_key
                WHERE changed_at < clock_timestamp() - ?::interval - interval '1 minute'
                ORDER BY change DESC LIMIT 1), 0)""";

    private static final String TRY_LEAD = """
            SELECT set_config('idle_in_transaction_session_timeout', '2000', true),
                pg_try_advisory_xact_lock('milestone'::regclass::oid::integer, 0)""";

    private final Postgres postgres;

    ChangeLog(Postgres postgres) {
        this.postgres = postgres;
    }

    /**
     * A change of a key.
     *
     * @param expiresAt its deadline after the change; null if it has none or has ended
     * @param age time since the change, by Postgres's clock
     */
    public record Changed(
            long position,
            KeyName name,
            int version,
            @Nullable Instant expiresAt,
            Duration age) {}

    /**
     * The horizon and the identity of a Postgres, read in one query.
     *
     * @param position the horizon: every change up to it is visible
     * @param given the latest position that was assigned; within one history, only a crash of Postgres can reduce it
     * @param at time of the query, by Postgres's clock
     * @param moment the identity of this Postgres; empty for a standby, which is not trusted
     * @param remembers whether it has the milestone that the caller passed
     * @param sinceLoss time since a node found that this Postgres had lost commits; years if that never happened
     */
    public record Look(
            long position,
            long given,
            Instant at,
            Optional<HistoryPosition> moment,
            boolean remembers,
            Duration sinceLoss) {}

    /** A changed key, as it is now. */
    public record ChangedKey(long position, KeyRecord key) {}

    /** The position up to which every change is committed, and visible to statements that start later. */
    public long horizon() {
        return postgres.queryFirst(HORIZON, row -> row.getLong(1)).orElseThrow();
    }

    /**
     * Reads the horizon and the identity of this Postgres.
     *
     * @param remembered a milestone from an earlier look; null for none
     * @throws IllegalStateException if this Postgres has no installation id or no milestone, as during a restore
     */
    public Look look(@Nullable UUID remembered) {
        return postgres.queryFirst(LOOK, ChangeLog::readLook, remembered)
                .orElseThrow(() -> new IllegalStateException(
                        "Postgres has no installation id; perhaps a dump is being restored into it"));
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
                                        "Postgres has no milestone; perhaps a dump is being restored into it"))));
        return new Look(
                row.getLong("position"),
                row.getLong("given"),
                Columns.instant(row, "at"),
                moment,
                row.getBoolean("remembers"),
                Duration.ofMillis(row.getLong("since_loss")));
    }

    /** The changes after that position, in order, up to {@link #BATCH}. */
    public List<Changed> after(long position) {
        return postgres.query(AFTER, ChangeLog::readChange, position);
    }

    /** The last {@code limit} changes, latest first. */
    public List<Changed> latest(int limit) {
        return postgres.query(LATEST, ChangeLog::readChange, limit);
    }

    /** The keys that changed after that position, in order, up to {@link #BATCH}. */
    public List<ChangedKey> keysAfter(long position) {
        return keysAfter(position, 1);
    }

    /** The same for keys with at least that version; 2 leaves out keys that have not changed since they were issued. */
    public List<ChangedKey> keysAfter(long position, int leastVersion) {
        return postgres.query(
                KEYS_AFTER, row -> new ChangedKey(row.getLong("change"), KeyRow.read(row)), position, leastVersion);
    }

    /** A position such that every change of the last {@code ago} comes after it; so may some older changes. */
    public long positionBefore(Duration ago) {
        return postgres.queryFirst(POSITION_BEFORE, row -> row.getLong(1), ago.toString())
                .orElseThrow();
    }

    /**
     * Leader election for the node that writes changes to Redis: whether this transaction got the lock. Two leaders are
     * harmless, because they only do the work twice. A node that is paused while it leads loses the lock after 2 seconds.
     */
    public boolean tryLead() {
        return postgres.queryFirst(TRY_LEAD, row -> row.getBoolean(2)).orElse(false);
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
