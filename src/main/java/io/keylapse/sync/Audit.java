package io.keylapse.sync;

import io.keylapse.active.ActiveEntry;
import io.keylapse.active.ActiveKeys;
import io.keylapse.active.redis.RedisConnection;
import io.keylapse.active.trust.MarkStore;
import io.keylapse.active.trust.MarkStore.Reading;
import io.keylapse.history.HistoryPosition;
import io.keylapse.registry.KeyRecord;
import io.keylapse.sync.HistoryWatch.Seen;
import io.keylapse.sync.compare.Comparison;
import io.keylapse.sync.compare.Difference;
import io.keylapse.sync.compare.Repair;
import io.keylapse.sync.owner.ForeignRedisException;
import io.keylapse.sync.owner.Ownership;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;

/** Full comparison of Redis with Postgres in both directions, with optional repair. Both stores may be in use. */
@Singleton
public final class Audit {
    private final RedisConnection redis;
    private final ActiveKeys active;
    private final Comparison comparison;
    private final Repair repair;
    private final HistoryWatch history;
    private final MarkStore marks;
    private final Ownership ownership;

    Audit(
            RedisConnection redis,
            ActiveKeys active,
            Comparison comparison,
            Repair repair,
            HistoryWatch history,
            MarkStore marks,
            Ownership ownership) {
        this.redis = redis;
        this.active = active;
        this.comparison = comparison;
        this.repair = repair;
        this.history = history;
        this.marks = marks;
        this.ownership = ownership;
    }

    /**
     * Result of a comparison.
     *
     * @param entries number of compared entries in Redis
     * @param keys number of compared keys that are active in Postgres
     * @param differences number of differences
     * @param mended number of differences that were repaired
     */
    public record Result(long entries, long keys, long differences, long mended) {
        /** Whether the stores agree, after repairs. */
        public boolean agree() {
            return differences == mended;
        }
    }

    /** Checks that Redis answers; throws if it does not. */
    public void awaitRedis() {
        active.refreshClock().toCompletableFuture().join();
    }

    /**
     * Compares both stores.
     *
     * @param mend whether to repair differences in Redis, regardless of versions
     * @param line receives a description of each difference
     * @param progress receives the number of entries and keys compared so far, after each page
     * @throws ForeignRedisException if differences are to be repaired and Redis follows another Postgres
     */
    public Result run(boolean mend, Consumer<String> line, Consumer<Long> progress) {
        if (mend) {
            refuseForeign();
        }
        var round = new Round(mend, line, progress);
        redis.primaries().forEach(primary -> comparison.redisSide(primary, round::take));
        long entries = round.compared;
        comparison.postgresSide(round::take);
        return new Result(entries, round.compared - entries, round.differences, round.mended);
    }

    /** Refuses to repair a Redis of another installation: its entries would be deleted as unknown to our Postgres. */
    private void refuseForeign() {
        long asked = System.nanoTime();
        // Read the marks before Postgres: nodes renew them, and a mark must not be newer than what is seen of Postgres.
        List<Reading> readings = redis.primaries().stream()
                .map(primary -> marks.read(primary).toCompletableFuture().join())
                .toList();
        HistoryPosition now = history.look()
                .map(Seen::moment)
                .orElseThrow(() -> new ForeignRedisException(
                        "this Postgres is not trusted: set KEYLAPSE_POSTGRES_URL to the primary"));
        readings.forEach(each -> ownership.judge(each, now, asked));
        if (!ownership.complaints().isEmpty()) {
            throw new ForeignRedisException(String.join("; ", ownership.complaints()));
        }
    }

    private final class Round {
        private final boolean mend;
        private final Consumer<String> line;
        private final Consumer<Long> progress;
        // A key may be found from both sides, and more than once by SCAN.
        private final Set<Object> reported = new HashSet<>();
        private long compared;
        private long differences;
        private long mended;

        Round(boolean mend, Consumer<String> line, Consumer<Long> progress) {
            this.mend = mend;
            this.line = line;
            this.progress = progress;
        }

        void take(Comparison.Compared page) {
            compared += page.entries();
            var unreported = new ArrayList<Difference>();
            for (Difference each : page.differences()) {
                if (reported.add(each.stored().name())) {
                    line.accept(describe(each));
                    unreported.add(each);
                }
            }
            differences += unreported.size();
            mended += mend ? repair.mend(List.copyOf(unreported)).mended() : 0;
            progress.accept(compared);
        }
    }

    private static String describe(Difference difference) {
        KeyRecord key = difference.key();
        return String.format(
                Locale.ROOT,
                "%-10s %s  Redis has %s, Postgres %s",
                difference.kind().name().toLowerCase(Locale.ROOT),
                key == null ? difference.stored().name() : key.id(),
                difference
                        .stored()
                        .entry()
                        .map(Audit::describe)
                        .orElse(difference.stored().bytes() == null ? "nothing" : "something unreadable"),
                key == null
                        ? "no such key"
                        : "version " + key.term().version() + ", " + key.state().word());
    }

    private static String describe(ActiveEntry entry) {
        return "version " + entry.version() + ", "
                + switch (entry) {
                    case ActiveEntry.Live _ -> "active";
                    case ActiveEntry.Tombstone dead -> dead.state().word();
                };
    }
}
