package io.keylapse.sync.compare;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;

import io.keylapse.active.StoredEntries;
import io.keylapse.active.StoredEntries.Replaced;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Repair of differences: replaces entries in Redis by what Postgres has, regardless of versions. */
@Singleton
public final class Repair {
    private final StoredEntries stored;

    Repair(StoredEntries stored) {
        this.stored = stored;
    }

    /**
     * Result of a repair.
     *
     * @param mended number of repaired entries
     * @param notAllowed number of entries that were not repaired, because the write deadline had passed or this Redis does
     *     not follow our history
     */
    public record Mended(int mended, int notAllowed) {}

    /** Repairs differences. An entry that has changed since the comparison is left as it is. */
    public Mended mend(List<Difference> differences) {
        Map<Replaced, Long> counts = differences.stream()
                .map(each -> stored.replace(each.stored(), each.wanted(), each.deadline()))
                .map(CompletionStage::toCompletableFuture)
                .toList()
                .stream()
                .collect(groupingBy(CompletableFuture::join, counting()));
        return new Mended(count(counts, Replaced.DONE), count(counts, Replaced.NOT_ALLOWED));
    }

    private static int count(Map<Replaced, Long> counts, Replaced what) {
        return counts.getOrDefault(what, 0L).intValue();
    }
}
