package io.keylapse.registry.usage;

import io.keylapse.key.KeyId;
import io.keylapse.registry.sql.Columns;
import io.keylapse.registry.sql.Postgres;
import io.keylapse.registry.sql.SqlText;
import jakarta.inject.Singleton;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Tables {@code key_usage} and {@code key_refusal}: when keys were used, and refused after their end. */
@Singleton
public final class UsageTable {
    /**
     * How much earlier than the real use a recorded one may be: cached answers count once in 2 seconds, and the estimate of
     * Postgres's clock is behind by the duration of a query.
     */
    private static final Duration UNCERTAINTY = Duration.ofMinutes(1);

    private static final String ADD_USES = """
            INSERT INTO key_usage (key_id, last_used_at)
            SELECT id, to_timestamp(at / 1000.0) FROM unnest(?::uuid[], ?::bigint[]) AS used (id, at)
            ON CONFLICT (key_id) DO UPDATE SET last_used_at = EXCLUDED.last_used_at
                WHERE key_usage.last_used_at < EXCLUDED.last_used_at""";

    /** A key that was accepted after its latest refusal begins anew. */
    private static final String ADD_REFUSALS = """
            INSERT INTO key_refusal (key_id, first_refused_at, last_refused_at, refused_count, notice_due_at)
            SELECT id, to_timestamp(at / 1000.0), to_timestamp(at / 1000.0), count, clock_timestamp()
            FROM unnest(?::uuid[], ?::bigint[], ?::bigint[]) AS refused (id, at, count)
            ON CONFLICT (key_id) DO UPDATE SET (first_refused_at, last_refused_at, refused_count, notice_due_at) = (
                SELECT CASE WHEN again THEN EXCLUDED.first_refused_at ELSE key_refusal.first_refused_at END,
                    greatest(key_refusal.last_refused_at, EXCLUDED.last_refused_at),
                    EXCLUDED.refused_count + CASE WHEN again THEN 0 ELSE key_refusal.refused_count END,
                    coalesce(key_refusal.notice_due_at, key_refusal.noticed_at + interval '1 day', clock_timestamp())
                FROM (SELECT EXISTS (SELECT FROM key_usage WHERE key_usage.key_id = key_refusal.key_id
                    AND last_used_at > key_refusal.last_refused_at)) AS accepted (again))""";

    private static final String OF = """
            SELECT wanted.id, last_used_at, first_refused_at, last_refused_at, refused_count,
                (SELECT since FROM usage_known) AS known_since
            FROM unnest(?::uuid[]) AS wanted (id)
                LEFT JOIN key_usage ON key_usage.key_id = wanted.id
                LEFT JOIN key_refusal ON key_refusal.key_id = wanted.id""";

    private final Postgres postgres;

    UsageTable(Postgres postgres) {
        this.postgres = postgres;
    }

    /** That a key was used at an instant, in ms since 1970. */
    record Use(UUID key, long at) {}

    /** That a key was refused so often, the last time at an instant, in ms since 1970. */
    record Refusal(UUID key, long at, long count) {}

    /** Adds uses. An earlier one than is written changes nothing. In order, so that two nodes do not lock each other. */
    void addUses(List<Use> uses) {
        postgres.update(
                ADD_USES,
                uses.stream().map(Use::key).toArray(UUID[]::new),
                uses.stream().map(Use::at).toArray(Long[]::new));
    }

    /** Adds refusals, after the uses before them. Those before the latest use are no longer counted. */
    void addRefusals(List<Refusal> refusals) {
        postgres.update(
                ADD_REFUSALS,
                refusals.stream().map(Refusal::key).toArray(UUID[]::new),
                refusals.stream().map(Refusal::at).toArray(Long[]::new),
                refusals.stream().map(Refusal::count).toArray(Long[]::new));
    }

    /**
     * When some keys were used.
     *
     * @param knownSince since when all uses are known, except the latest; null if they never were
     */
    public record Usages(
            Map<KeyId, KeyUsage> keys, @Nullable Instant knownSince) {
        public KeyUsage of(KeyId key) {
            return keys.getOrDefault(key, KeyUsage.NONE);
        }
    }

    private record Found(
            KeyId key, KeyUsage usage, @Nullable Instant knownSince) {}

    /** When these keys were used. */
    public Usages of(Collection<KeyId> keys) {
        if (keys.isEmpty()) {
            return new Usages(Map.of(), null);
        }
        Object ids = keys.stream().map(KeyId::value).toArray(UUID[]::new);
        List<Found> found = postgres.query(OF, UsageTable::found, ids);
        return new Usages(
                found.stream().collect(Collectors.toMap(Found::key, Found::usage)),
                found.getFirst().knownSince());
    }

    private static Found found(ResultSet row) throws SQLException {
        return new Found(
                new KeyId(row.getObject("id", UUID.class)), read(row), Columns.nullableInstant(row, "known_since"));
    }

    private static KeyUsage read(ResultSet row) throws SQLException {
        Instant first = Columns.nullableInstant(row, "first_refused_at");
        KeyUsage.@Nullable Refusals refused = first == null
                ? null
                : new KeyUsage.Refusals(first, Columns.instant(row, "last_refused_at"), row.getLong("refused_count"));
        return new KeyUsage(Columns.nullableInstant(row, "last_used_at"), refused);
    }

    /** The condition that a row of {@code api_key} is active, was issued by that instant, and that no use since then is known. */
    public static SqlText isUnusedSince(Instant since) {
        return SqlText.of(
                "state = 'active' AND (expires_at IS NULL OR expires_at > now()) AND issued_at <= ?"
                        + " AND NOT EXISTS (SELECT FROM key_usage"
                        + " WHERE key_usage.key_id = api_key.id AND last_used_at >= ?)",
                since,
                since.minus(UNCERTAINTY));
    }

    /** The condition that a row of {@code api_key} has ended and was refused afterwards. */
    public static SqlText isUsedAfterItsEnd() {
        return SqlText.of(
                "EXISTS (SELECT FROM key_refusal WHERE key_refusal.key_id = api_key.id"
                        + " AND last_refused_at > coalesce(ended_at, expires_at) - ?::interval)"
                        + " AND (state <> 'active' OR expires_at <= now())",
                UNCERTAINTY.toString());
    }

    /** Whether a refusal at that instant may be one after the end. */
    public static boolean isAfterEnd(Instant refusedAt, Instant endedAt) {
        return refusedAt.isAfter(endedAt.minus(UNCERTAINTY));
    }
}
