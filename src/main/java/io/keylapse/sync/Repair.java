package io.keylapse.sync;

import io.keylapse.active.StoredEntries;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Makes Redis hold what it should where it does not, whatever the version that is there. */
@Singleton
final class Repair {
    private final StoredEntries stored;

    Repair(StoredEntries stored) {
        this.stored = stored;
    }

    /** Mends these, and returns how many it could; an entry that has changed meanwhile is not touched. */
    int mend(List<Difference> differences) {
        List<CompletableFuture<Boolean>> under = differences.stream()
                .map(each -> stored.replace(each.stored(), each.wanted()))
                .map(CompletionStage::toCompletableFuture)
                .toList();
        return (int) under.stream().filter(CompletableFuture::join).count();
    }
}
