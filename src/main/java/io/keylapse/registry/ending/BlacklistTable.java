package io.keylapse.registry.ending;

import io.keylapse.key.KeyId;
import io.keylapse.key.KeyName;
import io.keylapse.key.KeyState;
import io.keylapse.key.ManagementKeyId;
import io.keylapse.registry.KeyRecord;
import io.keylapse.registry.sql.Columns;
import io.keylapse.registry.sql.NamedSql;
import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The write side of the blacklist: one row per ending of a key. A row is never changed, except to record that a renewal
 * reinstated its key.
 */
@Singleton
public final class BlacklistTable {
    /** Maximum number of keys to record in one statement. */
    public static final int BATCH = 1_000;

    /** Keys that are overdue for longer than this were missed by the fast path. The sweep records them. */
    public static final Duration OVERLOOKED_AFTER = Duration.ofMillis(750);

    /**
     * A recorded expiry.
     *
     * @param lag time from the deadline until the row was written, by Postgres's clock
     */
    public record Recorded(KeyId id, String owner, KeyState reason, Instant endedAt, Duration lag) {}

    // Renewals and recordings exclude each other: both lock the row, then check the deadline again.
    // Rows that another transaction has locked are skipped. If they are still due afterwards, the sweep records them.
    private static final String RECORD = """
            WITH due AS (
                SELECT id FROM api_key
                WHERE state = 'active' AND expires_at <= now() %s
                FOR UPDATE SKIP LOCKED
            ), ended AS (
                UPDATE api_key k SET state = k.end_reason, ended_at = k.expires_at
                FROM due WHERE k.id = due.id
                RETURNING k.id, k.version, k.owner, k.name, k.hint, k.end_reason, k.expires_at
            )
            INSERT INTO blacklist (key_id, version, owner, name, hint, reason, ended_at, source)
            SELECT id, version, owner, name, hint, end_reason, expires_at, ? FROM ended
            ON CONFLICT DO NOTHING
            RETURNING key_id, owner, reason, ended_at, recorded_at
            """;
    private static final String RECORD_NAMED = RECORD.replace("%s", "AND substring(digest FROM 1 FOR 16) = ANY (?)");
    private static final String RECORD_OVERDUE =
            RECORD.replace("%s", "- ?::interval ORDER BY expires_at LIMIT " + BATCH);

    private static final NamedSql INSERT = NamedSql.of("""
            INSERT INTO blacklist (key_id, version, owner, name, hint, reason, detail, ended_by, ended_at, source)
            VALUES (:key, :version, :owner, :name, :hint, :reason, :detail, :by, :endedAt, :source)""");

    private static final String REINSTATE = """
            UPDATE blacklist SET reinstated_at = clock_timestamp()
            WHERE key_id = ? AND reason = 'expired' AND reinstated_at IS NULL""";

    private final Postgres postgres;

    BlacklistTable(Postgres postgres) {
        this.postgres = postgres;
    }

    /** Records the keys among these that are past their deadline and not recorded yet, and returns what it recorded. */
    public List<Recorded> record(List<KeyName> names, RecordingSource source) {
        return postgres.query(
                RECORD_NAMED,
                BlacklistTable::recorded,
                names.stream().map(KeyName::bytes).toArray(byte[][]::new),
                source.word());
    }

    /** Records up to {@link #BATCH} keys that are overdue for at least this long, the longest overdue first. */
    public List<Recorded> recordOverdue(Duration overdue) {
        return postgres.query(
                RECORD_OVERDUE, BlacklistTable::recorded, overdue.toString(), RecordingSource.SWEEP.word());
    }

    /** Adds the ending that {@code ended} describes. The caller has locked the key's row. */
    public void insert(KeyRecord ended, @Nullable String detail, @Nullable ManagementKeyId by) {
        postgres.update(INSERT.with("key", ended.id().value())
                .with("version", ended.term().version())
                .with("owner", ended.owner())
                .with("name", ended.details().name())
                .with("hint", ended.hint())
                .with("reason", ended.term().recorded().word())
                .with("detail", detail)
                .with("by", by == null ? null : by.value())
                .with("endedAt", ended.term().endedAt())
                .with("source", RecordingSource.REQUEST.word()));
    }

    /** Records that a renewal reinstated this key after its last expiry. */
    public void reinstate(KeyRecord renewed) {
        postgres.update(REINSTATE, renewed.id().value());
    }

    private static Recorded recorded(ResultSet row) throws SQLException {
        Instant endedAt = Columns.instant(row, "ended_at");
        return new Recorded(
                new KeyId(row.getObject("key_id", UUID.class)),
                row.getString("owner"),
                KeyState.of(row.getString("reason")),
                endedAt,
                Duration.between(endedAt, Columns.instant(row, "recorded_at")));
    }
}
