package io.keylapse.registry;

import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;

/** The random ids that Postgres is given to remember; see {@link io.keylapse.history.HistoryPosition}. */
@Singleton
public final class MilestoneTable {
    private final Postgres postgres;

    MilestoneTable(Postgres postgres) {
        this.postgres = postgres;
    }

    /** Adds one, unless the latest is younger than that, and forgets those that are older than the other. */
    public void renew(Duration every, Duration kept) {
        postgres.update(
                "WITH old AS (DELETE FROM milestone WHERE made_at < clock_timestamp() - ?::interval)"
                        + " INSERT INTO milestone (id) SELECT gen_random_uuid() WHERE NOT EXISTS"
                        + " (SELECT FROM milestone WHERE made_at > clock_timestamp() - ?::interval)",
                kept.toString(),
                every.toString());
    }

    /**
     * Takes note that Postgres has turned out to be a copy of what it was at that instant, or earlier. Whoever remembers a
     * milestone from before remembers a past that is lost: these are forgotten, and one is added unless there is a later one.
     */
    public void forgetUntil(Instant at) {
        postgres.update(
                "WITH old AS (DELETE FROM milestone WHERE made_at <= ?),"
                        + " noted AS (UPDATE installation SET lost_at = clock_timestamp())"
                        + " INSERT INTO milestone (id) SELECT gen_random_uuid() WHERE NOT EXISTS"
                        + " (SELECT FROM milestone WHERE made_at > ?)",
                at,
                at);
    }

    /** Whether Postgres remembers it. */
    public boolean knows(UUID milestone) {
        return postgres.queryFirst("SELECT FROM milestone WHERE id = ?", _ -> true, milestone)
                .isPresent();
    }
}
