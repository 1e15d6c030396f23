package io.keylapse.blacklist;

import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;

/** Recording lag: time from the deadline to the recording of the latest expiries, over all nodes. */
@Singleton
public final class RecordingLag {
    private static final int LAST = 200;

    private static final String READ = """
            SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY lag),
                percentile_disc(0.99) WITHIN GROUP (ORDER BY lag), count(*)
            FROM (SELECT (extract(epoch FROM recorded_at - ended_at) * 1000)::bigint AS lag
                FROM blacklist WHERE reason = 'expired' ORDER BY position DESC
                LIMIT\s""" + LAST + ") last";

    private final Postgres postgres;

    RecordingLag(Postgres postgres) {
        this.postgres = postgres;
    }

    /**
     * Statistics of the lag.
     *
     * @param of number of expiries, at most the last {@value #LAST}
     */
    public record Lag(Duration median, Duration p99, int of) {}

    /** Reads the lag of the last expiries; empty if there were none. */
    public Optional<Lag> read() {
        return postgres.queryFirst(
                        READ,
                        row -> new Lag(
                                Duration.ofMillis(row.getLong(1)), Duration.ofMillis(row.getLong(2)), row.getInt(3)))
                .filter(lag -> lag.of > 0);
    }
}
