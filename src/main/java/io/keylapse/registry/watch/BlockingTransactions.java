package io.keylapse.registry.watch;

import io.keylapse.registry.sql.Postgres;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Monitors open transactions that hold back the change feed, or the history in the order of recording. These are all
 * transactions that have written keys or endings, including those of other programs. One that stays open for too long is
 * named in the log and in readiness, so that an operator can end it.
 */
@Singleton
public final class BlockingTransactions {
    /**
     * Age from which an open transaction is reported. Twice as long as a connection of Keylapse may idle in a
     * transaction; see {@link io.keylapse.registry.sql.connect.ServerLimits}.
     */
    static final Duration TOLERATED = Duration.ofSeconds(10);

    /**
     * The transactions that hold a lock of {@code order_of_change()} or {@code order_of_recording()}. The functions {@code
     * change_horizon()} and {@code blacklist_horizon()} find them by the same locks, so change all of them together.
     * Columns that pg_stat_activity hides from a role without pg_monitor are null.
     */
    private static final String HOLDERS =
            "SELECT l.pid, l.virtualtransaction, bool_or(l.classid = 'api_key'::regclass) AS changes,"
                    + " bool_or(l.classid = 'blacklist'::regclass) AS endings, min(a.application_name) AS application,"
                    + " min(a.usename::text) AS role,"
                    + " extract(epoch FROM clock_timestamp() - min(a.xact_start)) * 1000 AS age_ms"
                    + " FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid"
                    + " WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.mode = 'ShareLock'"
                    + " AND l.classid IN ('api_key'::regclass, 'blacklist'::regclass)"
                    + " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
                    + " GROUP BY l.pid, l.virtualtransaction";

    private static final Logger LOG = LoggerFactory.getLogger(BlockingTransactions.class);

    private final Postgres postgres;
    private Map<String, Long> seenSince = Map.of();
    private @Nullable String told;
    private volatile @Nullable Holder oldest;

    /**
     * An open transaction.
     *
     * @param pid its server process; 0 for a prepared transaction, which has none
     * @param age time since it began; if its start is hidden, time since this node first saw it
     */
    private record Holder(String transaction, int pid, String application, String role, String holds, Duration age) {
        String described() {
            return pid == 0
                    ? "a prepared transaction (see pg_prepared_xacts) has held back the " + holds + " for "
                            + age.toSeconds() + " s; end it with COMMIT PREPARED or ROLLBACK PREPARED"
                    : "process " + pid + " of Postgres (" + application + ", role " + role + ") has held back the "
                            + holds + " for " + age.toSeconds()
                            + " s with an open transaction; end the transaction, or run"
                            + " SELECT pg_terminate_backend(" + pid + ")";
        }
    }

    BlockingTransactions(Postgres postgres, MeterRegistry meters) {
        this.postgres = postgres;
        Gauge.builder("keylapse.feed.oldest.transaction.age.seconds", this, BlockingTransactions::age)
                .description("age of the oldest open transaction that holds back the change feed or the history")
                .register(meters);
    }

    /** Reads the open transactions and reports one that is too old. Not thread-safe. */
    void look() {
        try {
            long now = System.nanoTime();
            var seen = new HashMap<String, Long>();
            List<Holder> holders = postgres.query(HOLDERS, row -> {
                int pid = row.getInt("pid");
                String transaction = pid + " " + row.getString("virtualtransaction");
                long since = seenSince.getOrDefault(transaction, now);
                seen.put(transaction, since);
                // getLong returns 0 for null, which is what a hidden start gives.
                Duration age = Duration.ofMillis(Math.max(row.getLong("age_ms"), (now - since) / 1_000_000));
                return new Holder(
                        transaction,
                        pid,
                        Optional.ofNullable(row.getString("application")).orElse(""),
                        String.valueOf(row.getString("role")),
                        held(row.getBoolean("changes"), row.getBoolean("endings")),
                        age);
            });
            seenSince = seen;
            oldest = holders.stream().max(Comparator.comparing(Holder::age)).orElse(null);
        } catch (RuntimeException e) {
            oldest = null;
            throw e;
        }
        tell();
    }

    private static String held(boolean changes, boolean endings) {
        return changes && endings ? "change feed and the history" : changes ? "change feed" : "history";
    }

    private void tell() {
        Holder tooOld = tooOld().orElse(null);
        if (tooOld != null && !tooOld.transaction.equals(told)) {
            LOG.warn("{}", tooOld.described());
        } else if (tooOld == null && told != null) {
            LOG.info("the change feed and the history are no longer held back");
        }
        told = tooOld == null ? null : tooOld.transaction;
    }

    private Optional<Holder> tooOld() {
        return Optional.ofNullable(oldest).filter(each -> each.age.compareTo(TOLERATED) > 0);
    }

    private double age() {
        return Optional.ofNullable(oldest)
                .map(each -> each.age.toMillis() / 1e3)
                .orElse(0.0);
    }

    /** Which transaction holds them back for too long, and what to do about it; empty if there is none. */
    Optional<String> complaint() {
        return tooOld().map(Holder::described);
    }
}
