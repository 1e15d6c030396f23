package io.keylapse.notice.plan;

import io.keylapse.key.KeyId;
import io.keylapse.registry.sql.Columns;
import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The expiries in the blacklist that are not planned yet, in recording order. The blacklist entry itself is the work item,
 * so recording an expiry costs nothing extra and none is missed.
 */
@Singleton
final class ExpiredTable {
    /** How many expiries are planned at a time. */
    static final int BATCH = 200;

    private static final String IS_OVER = "k.state = 'expired' AND k.expires_at = b.ended_at"
            + " AND b.reinstated_at IS NULL AND k.successor_id IS NULL";

    private static final String LOCK = "SELECT position FROM notice_progress FOR UPDATE SKIP LOCKED";

    private static final String HORIZON = "SELECT blacklist_horizon()";

    private static final String BETWEEN = """
            SELECT b.position, k.id, b.version, k.owner, k.name, k.hint, k.contact_email, k.contact_language,
                b.ended_at,\s""" + IS_OVER + """
             AS over
            FROM (SELECT position, key_id, version, ended_at, reinstated_at FROM blacklist
                WHERE reason = 'expired' AND position > ? AND position <= ?
                ORDER BY position
                LIMIT\s""" + BATCH + """
            ) b
                JOIN api_key k ON k.id = b.key_id
            ORDER BY b.position""";

    private static final String LOCK_OVER = """
            SELECT b.position FROM blacklist b JOIN api_key k ON k.id = b.key_id
            WHERE b.reason = 'expired' AND b.position = ANY (?) AND\s""" + IS_OVER + " ORDER BY k.id FOR SHARE OF k";

    private static final String REACH = "UPDATE notice_progress SET position = ?";

    private final Postgres postgres;

    ExpiredTable(Postgres postgres) {
        this.postgres = postgres;
    }

    /**
     * An expiry and its key.
     *
     * @param isOver whether the key is still expired by this expiry, and has no successor
     */
    record Expired(
            long position,
            KeyId id,
            int version,
            String owner,
            String name,
            String hint,
            @Nullable String email,
            @Nullable String language,
            Instant endedAt,
            boolean isOver) {}

    /** Locks the progress until the transaction ends, and returns it; empty if another node has locked it. */
    OptionalLong lock() {
        return postgres.queryFirst(LOCK, row -> row.getLong(1))
                .map(OptionalLong::of)
                .orElse(OptionalLong.empty());
    }

    /** The position up to which all entries are committed and visible to the statements that follow. */
    long horizon() {
        return postgres.queryFirst(HORIZON, row -> row.getLong(1)).orElseThrow();
    }

    /** The expiries after one position and up to another, in order, with the current state of their keys. */
    List<Expired> between(long after, long last) {
        return postgres.query(BETWEEN, ExpiredTable::read, after, last);
    }

    /**
     * Locks the keys that are still expired by these expiries, until the transaction ends. A renewal after that cancels the
     * notice that is written now. Keys are locked in the order of their ids, as everywhere else, to avoid deadlocks.
     *
     * @return the positions of the expiries whose keys were locked
     */
    Set<Long> lockOver(List<Long> positions) {
        return new HashSet<>(postgres.query(LOCK_OVER, row -> row.getLong(1), (Object) positions.toArray(Long[]::new)));
    }

    void reach(long position) {
        postgres.update(REACH, position);
    }

    private static Expired read(ResultSet row) throws SQLException {
        return new Expired(
                row.getLong("position"),
                new KeyId(row.getObject("id", UUID.class)),
                row.getInt("version"),
                row.getString("owner"),
                row.getString("name"),
                row.getString("hint"),
                row.getString("contact_email"),
                row.getString("contact_language"),
                Columns.instant(row, "ended_at"),
                row.getBoolean("over"));
    }
}
