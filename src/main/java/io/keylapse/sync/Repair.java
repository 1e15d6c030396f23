package io.keylapse.sync;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;

import io.keylapse.active.StoredEntries;
import io.keylapse.active.StoredEntries.Replaced;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Makes Redis hold what it should where it does not, whatever the version that is there. */
@Singleton
final class Repair {
    private final StoredEntries stored;

    Repair(StoredEntries stored) {
        this.stored = stored;
    }

    /**
     * What came of it.
     *
     * @param mended how many were put right
     * @param notAllowed how many were not put right, because it was too late or this Redis does not follow our history
     */
    record Mended(int mended, int notAllowed) {}

    /** Puts these right; an entry that has changed meanwhile is not touched. */
    Mended mend(List<Difference> differences) {
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
