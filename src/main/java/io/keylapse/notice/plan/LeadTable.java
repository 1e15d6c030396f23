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
 * Progress of the planner for each lead time: the last deadline, and key id, that was handled. A key is due for a lead time
 * once its deadline is no further away than that. So keys need no flags of their own, and keys that became due during an
 * outage are found after it.
 */
@Singleton
final class LeadTable {
    /** How many keys are planned at a time. They are locked meanwhile and cannot be changed. */
    static final int BATCH = 200;

    /** Whether a key has become due for a row of {@code notice_lead}. */
    static final String IS_WAITING = """
            EXISTS (SELECT FROM api_key
                WHERE state = 'active' AND (expires_at, id) > (reached_at, reached_id)
                    AND expires_at <= statement_timestamp() + lead_ms * interval '1 ms')""";

    private static final String KNOW = """
            INSERT INTO notice_lead (lead_ms, reached_at, reached_id)
            SELECT lead, clock_timestamp() + lead * interval '1 ms', ? FROM unnest(?) lead
            ON CONFLICT DO NOTHING""";

    private static final String WAITING = "SELECT lead_ms FROM notice_lead WHERE " + IS_WAITING + " ORDER BY lead_ms";

    private static final String LOCK =
            "SELECT lead_ms, reached_at, reached_id FROM notice_lead WHERE lead_ms = ? FOR UPDATE SKIP LOCKED";

    private static final String PLACES = """
            SELECT expires_at, id FROM api_key
            WHERE state = 'active' AND (expires_at, id) > (?, ?) AND expires_at <= ?
            ORDER BY expires_at, id
            LIMIT\s""" + BATCH;

    private static final String LOCK_KEYS = """
            SELECT id, version, owner, name, hint, contact_email, contact_language, lead_times_ms, expires_at,
                coalesce((SELECT max(due_at) FROM notice WHERE key_id = k.id AND kind = 'renewed'), issued_at)
                    AS term_began,
                successor_id IS NOT NULL AS replaced
            FROM api_key k
            WHERE id = ANY (?) AND state = 'active' AND expires_at IS NOT NULL
            ORDER BY id FOR SHARE OF k""";

    private static final String REACH = "UPDATE notice_lead SET reached_at = ?, reached_id = ? WHERE lead_ms = ?";

    private static final UUID LAST_ID = new UUID(-1L, -1L);

    private final Postgres postgres;

    LeadTable(Postgres postgres) {
        this.postgres = postgres;
    }

    /** The last deadline, and key id, that was handled for a lead time. */
    record Reached(Duration lead, Instant deadline, UUID id) {}

    /**
     * A key that has become due for a lead time.
     *
     * @param termBegan when it was issued or last renewed
     * @param isReplaced whether it has a successor, which its owner was notified of
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

    /** Adds these lead times, unless they exist already. Their progress starts at the current time. */
    void know(Collection<Duration> leads) {
        postgres.update(KNOW, LAST_ID, leads.stream().map(Duration::toMillis).toArray(Long[]::new));
    }

    /** The lead times for which a key has become due. */
    List<Duration> waiting() {
        return postgres.query(WAITING, row -> Duration.ofMillis(row.getLong(1)));
    }

    /** Locks a lead time until the transaction ends, and returns its progress; empty if another node has locked it. */
    Optional<Reached> lock(Duration lead) {
        return postgres.queryFirst(
                LOCK,
                row -> new Reached(
                        Duration.ofMillis(row.getLong(1)), Columns.instant(row, 2), row.getObject(3, UUID.class)),
                lead.toMillis());
    }

    /**
     * The deadlines and ids of the next keys that are due, soonest deadline first.
     *
     * @param upTo the latest deadline that is due
     */
    List<Reached> places(Reached from, Instant upTo) {
        return postgres.query(
                PLACES,
                row -> new Reached(from.lead(), Columns.instant(row, 1), row.getObject(2, UUID.class)),
                from.deadline(),
                from.id(),
                upTo);
    }

    /**
     * Reads these keys and locks them until the transaction ends. A renewal after that cancels the notice that is written
     * now. Keys are locked in the order of their ids, as everywhere else, to avoid deadlocks.
     */
    List<InView> lock(List<Reached> places) {
        return postgres.query(LOCK_KEYS, LeadTable::read, (Object)
                places.stream().map(Reached::id).toArray(UUID[]::new));
    }

    /** Sets the progress of a lead time. */
    void reach(Duration lead, Instant deadline, UUID id) {
        postgres.update(REACH, deadline, id, lead.toMillis());
    }

    /** Sets the progress of a lead time to the end of this deadline. */
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
