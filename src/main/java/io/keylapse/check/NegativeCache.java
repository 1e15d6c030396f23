package io.keylapse.check;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.keylapse.active.trust.VersionFloors;
import io.keylapse.history.CurrentHistory;
import io.keylapse.key.KeyName;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * What Postgres said a moment ago of keys that are not good, so that one who keeps presenting such a key costs nothing.
 * Bounded, and forgotten when a change of the key is announced.
 *
 * <p>A key that was revoked or rotated stays so, and one that was never issued cannot be presented but by guessing. One
 * that expired may be renewed by another node at any time, and is called expired from memory only once the change feed
 * has seen what was committed before it was asked for.
 */
@Singleton
final class NegativeCache {
    private static final int MOST = 100_000;

    private static final Duration REMEMBERED = Duration.ofSeconds(10);

    /** How long a check waits for the feed before Postgres is asked instead: a few of its rounds. */
    private static final Duration PATIENCE = Duration.ofMillis(500);

    private final VersionFloors recent;
    private final CurrentHistory history;
    private final Cache<KeyName, Refused> refusals =
            Caffeine.newBuilder().maximumSize(MOST).expireAfterWrite(REMEMBERED).build();

    private record Refused(Verdict verdict, long generation) {}

    NegativeCache(VersionFloors recent, CurrentHistory history) {
        this.recent = recent;
        this.history = history;
    }

    /** What is remembered of a key and was still so when this was called. */
    CompletionStage<Optional<Verdict>> find(KeyName name) {
        Optional<Verdict> verdict = present(name);
        return verdict.orElse(null) instanceof Verdict.Expired
                ? recent.seenSince(System.nanoTime(), PATIENCE)
                        .thenApply(seen -> present(name).filter(_ -> seen))
                : CompletableFuture.completedStage(verdict);
    }

    private Optional<Verdict> present(KeyName name) {
        return Optional.ofNullable(refusals.getIfPresent(name))
                .filter(each -> each.generation == history.generation() && !history.isDoubted())
                .map(Refused::verdict);
    }

    /**
     * Remembers a refusal that was read from Postgres and that no change has overtaken.
     *
     * @param generation of this node's histories in which Postgres was asked; what another one said does not count
     */
    void remember(KeyName name, Verdict refusal, long generation) {
        refusals.put(name, new Refused(refusal, generation));
    }

    void forget(KeyName name) {
        refusals.invalidate(name);
    }
}
