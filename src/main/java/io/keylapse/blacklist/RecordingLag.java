package io.keylapse.blacklist;

import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;

/** How long after their deadlines the last expiries were recorded, by whichever nodes. */
@Singleton
public final class RecordingLag {
    private static final int LAST = 200;

    private final Postgres postgres;

    RecordingLag(Postgres postgres) {
        this.postgres = postgres;
    }

    /**
     * What it was.
     *
     * @param of how many expiries that is, at most the last {@value #LAST}
     */
    public record Lag(Duration median, Duration p99, int of) {}

    /** Of the last expiries; nothing when there was none. */
    public Optional<Lag> read() {
        return postgres.queryFirst(
                        "SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY lag),"
                                + " percentile_disc(0.99) WITHIN GROUP (ORDER BY lag), count(*)"
                                + " FROM (SELECT (extract(epoch FROM recorded_at - ended_at) * 1000)::bigint AS lag"
                                + " FROM blacklist WHERE reason = 'expired' ORDER BY position DESC LIMIT " + LAST
                                + ") last",
                        row -> new Lag(
                                Duration.ofMillis(row.getLong(1)), Duration.ofMillis(row.getLong(2)), row.getInt(3)))
                .filter(lag -> lag.of > 0);
    }
}
