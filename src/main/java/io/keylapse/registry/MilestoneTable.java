package io.keylapse.registry;

import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;

/**
 * The table of milestones: random ids that show how old a copy of this Postgres is. An older copy lacks the latest ones.
 * See {@link io.keylapse.history.HistoryPosition}.
 */
@Singleton
public final class MilestoneTable {
    /** A row in the future, left by a clock that was set back, must not stay the latest: it moves into the past. */
    private static final String RENEW = """
            WITH old AS (DELETE FROM milestone WHERE made_at < clock_timestamp() - ?::interval),
            ahead AS (UPDATE milestone SET made_at = clock_timestamp() - ?::interval WHERE made_at > clock_timestamp())
            INSERT INTO milestone (id) SELECT gen_random_uuid() WHERE NOT EXISTS
            (SELECT FROM milestone WHERE made_at > clock_timestamp() - ?::interval AND made_at <= clock_timestamp())""";

    private static final String FORGET_UNTIL = """
            WITH old AS (DELETE FROM milestone WHERE made_at <= ? OR made_at > clock_timestamp()),
            noted AS (UPDATE installation SET lost_at = clock_timestamp())
            INSERT INTO milestone (id) SELECT gen_random_uuid() WHERE NOT EXISTS
            (SELECT FROM milestone WHERE made_at > ? AND made_at <= clock_timestamp())""";

    private static final String KNOWS = "SELECT FROM milestone WHERE id = ?";

    private final Postgres postgres;

    MilestoneTable(Postgres postgres) {
        this.postgres = postgres;
    }

    /**
     * Adds a milestone unless the latest is younger than {@code every}, and deletes milestones older than {@code kept}.
     */
    public void renew(Duration every, Duration kept) {
        postgres.update(RENEW, kept.toString(), every.toString(), every.toString());
    }

    /**
     * Records that this Postgres is a copy of its state at that instant or earlier. A node that remembers a milestone from
     * before it may follow the lost history, so those milestones are deleted. Adds a new one unless there is a later one.
     */
    public void forgetUntil(Instant at) {
        postgres.update(FORGET_UNTIL, at, at);
    }

    /** Whether Postgres has this milestone. */
    public boolean knows(UUID milestone) {
        return postgres.queryFirst(KNOWS, _ -> true, milestone).isPresent();
    }
}
