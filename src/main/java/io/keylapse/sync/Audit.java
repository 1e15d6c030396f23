package io.keylapse.sync;

import io.keylapse.active.ActiveEntry;
import io.keylapse.active.ActiveKeys;
import io.keylapse.active.redis.RedisConnection;
import io.keylapse.active.trust.MarkStore;
import io.keylapse.active.trust.MarkStore.Reading;
import io.keylapse.history.HistoryPosition;
import io.keylapse.registry.KeyRecord;
import io.keylapse.sync.HistoryWatch.Seen;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;

/** Compares all of Redis with all of Postgres, in both directions, while both are in use. */
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
     * What was found.
     *
     * @param entries of Redis that were compared
     * @param keys that are active in Postgres and were compared
     * @param differences found
     * @param mended how many of them were put right
     */
    public record Result(long entries, long keys, long differences, long mended) {
        /** Whether the stores agree now. */
        public boolean agree() {
            return differences == mended;
        }
    }

    /** Makes sure that Redis answers; throws if it does not. */
    public void awaitRedis() {
        active.refreshClock().toCompletableFuture().join();
    }

    /**
     * Compares.
     *
     * @param mend whether to put right what is wrong, whatever version is there
     * @param line told of each difference, in words
     * @param progress told now and then how many entries and keys have been compared
     * @throws ForeignRedisException if it is to mend, and Redis belongs to somebody else
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

    /** What another installation has in Redis must not be deleted because our Postgres does not know it. */
    private void refuseForeign() {
        long asked = System.nanoTime();
        // Marks first, because nodes renew them: what they say must not be later than what is seen of Postgres.
        List<Reading> readings = redis.primaries().stream()
                .map(primary -> marks.read(primary).toCompletableFuture().join())
                .toList();
        HistoryPosition now = history.look()
                .map(Seen::moment)
                .orElseThrow(() -> new ForeignRedisException(
                        "what this Postgres says does not count: let KEYLAPSE_POSTGRES_URL lead to the primary"));
        readings.forEach(each -> ownership.judge(each, now, asked));
        if (!ownership.complaints().isEmpty()) {
            throw new ForeignRedisException(String.join("; ", ownership.complaints()));
        }
    }

    private final class Round {
        private final boolean mend;
        private final Consumer<String> line;
        private final Consumer<Long> progress;
        // A key may be come upon from either side, and by SCAN more than once.
        private final Set<Object> told = new HashSet<>();
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
            var news = new ArrayList<Difference>();
            for (Difference each : page.differences()) {
                if (told.add(each.stored().name())) {
                    line.accept(describe(each));
                    news.add(each);
                }
            }
            differences += news.size();
            mended += mend ? repair.mend(List.copyOf(news)).mended() : 0;
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
