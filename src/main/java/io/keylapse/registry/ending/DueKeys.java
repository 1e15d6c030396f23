package io.keylapse.registry.ending;

import io.keylapse.key.KeyName;
import io.keylapse.registry.KeyTable;
import io.keylapse.registry.sql.Columns;
import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Active keys whose deadline is near, or has just passed without being recorded. */
@Singleton
public final class DueKeys {
    private static final String WITHIN = "SELECT " + KeyTable.NAME + """
             AS name, expires_at
            FROM api_key
            WHERE state = 'active' AND expires_at > now() - ?::interval AND expires_at <= now() + ?::interval
            ORDER BY expires_at
            LIMIT ?""";

    private static final String NOT_YET_DUE =
            "SELECT " + KeyTable.NAME + " AS name, expires_at, now() AS read_at FROM api_key WHERE " + KeyTable.NAME
                    + " = ANY (?) AND state = 'active' AND expires_at > now() AND expires_at <= now() + ?::interval";

    private final Postgres postgres;

    DueKeys(Postgres postgres) {
        this.postgres = postgres;
    }

    /** A key's name and its deadline. */
    public record Due(KeyName name, Instant expiresAt) {}

    /**
     * Active keys with a deadline within {@code ahead} from now, soonest first. Includes keys that are overdue for less than
     * {@link BlacklistTable#OVERLOOKED_AFTER}; the sweep records those that are overdue for longer.
     */
    public List<Due> within(Duration ahead, int limit) {
        return postgres.query(
                WITHIN, DueKeys::read, BlacklistTable.OVERLOOKED_AFTER.toString(), ahead.toString(), limit);
    }

    /** A key's name and the time until its deadline, by Postgres's clock. */
    public record Early(KeyName name, Duration left) {}

    /** The keys among these that are active and whose deadline is still ahead, but at most {@code ahead} from now. */
    public List<Early> notYetDue(List<KeyName> names, Duration ahead) {
        return postgres.query(
                NOT_YET_DUE,
                row -> new Early(
                        new KeyName(row.getBytes("name")),
                        Duration.between(Columns.instant(row, "read_at"), Columns.instant(row, "expires_at"))),
                names.stream().map(KeyName::bytes).toArray(byte[][]::new),
                ahead.toString());
    }

    private static Due read(ResultSet row) throws SQLException {
        return new Due(new KeyName(row.getBytes("name")), Columns.instant(row, "expires_at"));
    }
}
