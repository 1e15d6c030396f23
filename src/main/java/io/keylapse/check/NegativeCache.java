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
 * Negative cache: keys that Postgres reported as invalid in the last 10 seconds, so that repeated checks of such a key do
 * not reach Postgres. It is bounded, and an entry is removed when a change of its key is announced.
 *
 * <p>A revoked or rotated key stays so, and an unknown key can only be a guess. An expired key may be renewed on another
 * node at any time. It is therefore answered from this cache only after the change feed has read everything that was
 * committed before the check.
 */
@Singleton
final class NegativeCache {
    private static final int MAX_KEYS = 100_000;

    private static final Duration LIFETIME = Duration.ofSeconds(10);

    /** How long a check waits for the feed before it asks Postgres instead: enough for two reads of the feed. */
    private static final Duration FEED_TIMEOUT = Duration.ofMillis(500);

    private final VersionFloors floors;
    private final CurrentHistory history;
    private final Cache<KeyName, Refused> refusals = Caffeine.newBuilder()
            .maximumSize(MAX_KEYS)
            .expireAfterWrite(LIFETIME)
            .build();

    /**
     * When Postgres was asked.
     *
     * @param generation generation of the history of Postgres
     * @param timesForgotten count of {@link VersionFloors#timesForgotten}
     */
    record AsOf(long generation, long timesForgotten) {}

    private record Refused(Verdict verdict, AsOf asked) {}

    NegativeCache(VersionFloors floors, CurrentHistory history) {
        this.floors = floors;
        this.history = history;
    }

    /** Call this before asking Postgres. */
    AsOf now() {
        return new AsOf(history.generation(), floors.timesForgotten());
    }

    /** The cached verdict of a key, if it was still true when this was called. */
    CompletionStage<Optional<Verdict>> find(KeyName name) {
        Optional<Verdict> verdict = present(name);
        return verdict.orElse(null) instanceof Verdict.Expired
                ? floors.seenSince(System.nanoTime(), FEED_TIMEOUT)
                        .thenApply(seen -> present(name).filter(_ -> seen))
                : CompletableFuture.completedStage(verdict);
    }

    private Optional<Verdict> present(KeyName name) {
        return Optional.ofNullable(refusals.getIfPresent(name))
                .filter(each -> each.asked.equals(now()) && !history.isDoubted())
                .map(Refused::verdict);
    }

    /**
     * Caches a refusal that was read from Postgres and that no change has overtaken.
     *
     * @param asked {@link #now} before Postgres was asked; the entry is valid only while that does not change
     */
    void remember(KeyName name, Verdict refusal, AsOf asked) {
        refusals.put(name, new Refused(refusal, asked));
    }

    void forget(KeyName name) {
        refusals.invalidate(name);
    }
}
