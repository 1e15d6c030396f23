package io.keylapse.check;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.keylapse.active.trust.RecentChanges;
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
final class EndedKeys {
    private static final int MOST = 100_000;

    private static final Duration REMEMBERED = Duration.ofSeconds(10);

    /** How long a check waits for the feed before Postgres is asked instead: a few of its rounds. */
    private static final Duration PATIENCE = Duration.ofMillis(500);

    private final RecentChanges recent;
    private final Cache<KeyName, Verdict> verdicts =
            Caffeine.newBuilder().maximumSize(MOST).expireAfterWrite(REMEMBERED).build();

    EndedKeys(RecentChanges recent) {
        this.recent = recent;
    }

    /** What is remembered of a key and was still so when this was called. */
    CompletionStage<Optional<Verdict>> find(KeyName name) {
        Verdict verdict = verdicts.getIfPresent(name);
        return verdict instanceof Verdict.Expired
                ? recent.seenSince(System.nanoTime(), PATIENCE)
                        .thenApply(seen ->
                                Optional.ofNullable(verdicts.getIfPresent(name)).filter(_ -> seen))
                : CompletableFuture.completedStage(Optional.ofNullable(verdict));
    }

    /** Remembers a refusal that was read from Postgres and that no change has overtaken. */
    void remember(KeyName name, Verdict refusal) {
        verdicts.put(name, refusal);
    }

    void forget(KeyName name) {
        verdicts.invalidate(name);
    }
}
