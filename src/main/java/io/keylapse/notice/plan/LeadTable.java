package io.keylapse.notice.plan;

import io.keylapse.key.KeyId;
import io.keylapse.registry.sql.Columns;
import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How far the deadlines have been looked through for each lead time. A key comes into view once its deadline is no further
 * away than that, and is looked at then; so no key needs a mark of its own, and what an outage delayed is found after it.
 */
@Singleton
final class LeadTable {
    /** Most keys that are looked at at a time; while their owners are told of, nobody can change them. */
    static final int BATCH = 200;

    /** Whether a key has come into view of a row of {@code notice_lead}. */
    static final String IS_WAITING = "EXISTS (SELECT FROM api_key WHERE state = 'active'"
            + " AND (expires_at, id) > (reached_at, reached_id)"
            + " AND expires_at <= statement_timestamp() + lead_ms * interval '1 ms')";

    private static final UUID LAST_ID = new UUID(-1L, -1L);

    private final Postgres postgres;

    LeadTable(Postgres postgres) {
        this.postgres = postgres;
    }

    /** Up to where it has been looked for a lead time. */
    record Reached(Duration lead, Instant deadline, UUID id) {}

    /**
     * A key that has come into view.
     *
     * @param termBegan when it was issued or last renewed
     * @param isReplaced whether its owner has a successor, and was told so
     */
    record InView(
            KeyId id,
            int version,
            String owner,
            String name,
            String hint,
            @Nullable String email,
            @Nullable String language,
            @Nullable List<Duration> leadTimes,
            Instant termBegan,
            Instant expiresAt,
            boolean isReplaced) {}

    /** Begins with these lead times, but for those that are known. */
    void know(Collection<Duration> leads) {
        postgres.update(
                "INSERT INTO notice_lead (lead_ms, reached_at, reached_id)"
                        + " SELECT lead, clock_timestamp() + lead * interval '1 ms', ? FROM unnest(?) lead"
                        + " ON CONFLICT DO NOTHING",
                LAST_ID,
                leads.stream().map(Duration::toMillis).toArray(Long[]::new));
    }

    /** The lead times for which a key has come into view. */
    List<Duration> waiting() {
        return postgres.query(
                "SELECT lead_ms FROM notice_lead WHERE " + IS_WAITING + " ORDER BY lead_ms",
                row -> Duration.ofMillis(row.getLong(1)));
    }

    /** Locks a lead time until the transaction ends; nothing when another node has it. */
    Optional<Reached> lock(Duration lead) {
        return postgres.queryFirst(
                "SELECT lead_ms, reached_at, reached_id FROM notice_lead WHERE lead_ms = ? FOR UPDATE SKIP LOCKED",
                row -> new Reached(
                        Duration.ofMillis(row.getLong(1)), Columns.instant(row, 2), row.getObject(3, UUID.class)),
                lead.toMillis());
    }

    /**
     * The places of keys that have come into view, soonest deadline first.
     *
     * @param upTo the deadline that has come into view last
     */
    List<Reached> places(Reached from, Instant upTo) {
        return postgres.query(
                "SELECT expires_at, id FROM api_key WHERE state = 'active' AND (expires_at, id) > (?, ?)"
                        + " AND expires_at <= ? ORDER BY expires_at, id LIMIT " + BATCH,
                row -> new Reached(from.lead(), Columns.instant(row, 1), row.getObject(2, UUID.class)),
                from.deadline(),
                from.id(),
                upTo);
    }

    /**
     * The keys at those places as they are now, which cannot change until the transaction ends: who renews one afterwards
     * takes back what is written about it now. Locked by id, as whoever else locks several does.
     */
    List<InView> lock(List<Reached> places) {
        return postgres.query(
                "SELECT id, version, owner, name, hint, contact_email, contact_language, lead_times_ms, expires_at,"
                        + " coalesce((SELECT max(due_at) FROM notice WHERE key_id = k.id AND kind = 'renewed'), issued_at)"
                        + " AS term_began, successor_id IS NOT NULL AS replaced FROM api_key k WHERE id = ANY (?)"
                        + " AND state = 'active' AND expires_at IS NOT NULL ORDER BY id FOR SHARE OF k",
                LeadTable::read,
                (Object) places.stream().map(Reached::id).toArray(UUID[]::new));
    }

    /** Notes how far it has been looked. */
    void reach(Duration lead, Instant deadline, UUID id) {
        postgres.update(
                "UPDATE notice_lead SET reached_at = ?, reached_id = ? WHERE lead_ms = ?",
                deadline,
                id,
                lead.toMillis());
    }

    /** Notes that everything up to this deadline has been looked at. */
    void reachAll(Duration lead, Instant deadline) {
        reach(lead, deadline, LAST_ID);
    }

    private static InView read(ResultSet row) throws SQLException {
        Array leads = row.getArray("lead_times_ms");
        return new InView(
                new KeyId(row.getObject("id", UUID.class)),
                row.getInt("version"),
                row.getString("owner"),
                row.getString("name"),
                row.getString("hint"),
                row.getString("contact_email"),
                row.getString("contact_language"),
                leads == null
                        ? null
                        : Stream.of((Long[]) leads.getArray())
                                .map(Duration::ofMillis)
                                .toList(),
                Columns.instant(row, "term_began"),
                Columns.instant(row, "expires_at"),
                row.getBoolean("replaced"));
    }
}
