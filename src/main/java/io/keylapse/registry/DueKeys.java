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

/** What is due soon, or was just due and is not recorded. */
@Singleton
public final class DueKeys {
    private final Postgres postgres;

    DueKeys(Postgres postgres) {
        this.postgres = postgres;
    }

    /** A key's name and its deadline. */
    public record Due(KeyName name, Instant expiresAt) {}

    /**
     * Active keys with a deadline within that time from now, soonest first, and those past it for no longer than
     * {@link BlacklistTable#OVERLOOKED_AFTER}: older ones are the sweep's.
     */
    public List<Due> within(Duration ahead, int limit) {
        return postgres.query(
                "SELECT " + KeyTable.NAME + " AS name, expires_at FROM api_key WHERE state = 'active'"
                        + " AND expires_at > now() - ?::interval AND expires_at <= now() + ?::interval"
                        + " ORDER BY expires_at LIMIT ?",
                DueKeys::read,
                BlacklistTable.OVERLOOKED_AFTER.toString(),
                ahead.toString(),
                limit);
    }

    /** A key's name and how long it has left by Postgres's clock. */
    public record Early(KeyName name, Duration left) {}

    /** Those of these keys that are active and whose deadline has yet to come, within that time from now. */
    public List<Early> notYetDue(List<KeyName> names, Duration ahead) {
        return postgres.query(
                "SELECT " + KeyTable.NAME + " AS name, expires_at, now() AS read_at FROM api_key WHERE " + KeyTable.NAME
                        + " = ANY (?)"
                        + " AND state = 'active' AND expires_at > now() AND expires_at <= now() + ?::interval",
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
