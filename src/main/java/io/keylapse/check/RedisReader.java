package io.keylapse.check;

import io.keylapse.active.ActiveEntry;
import io.keylapse.active.ActiveEntry.Tombstone;
import io.keylapse.active.ActiveKeys;
import io.keylapse.active.trust.VersionFloors;
import io.keylapse.check.CheckSettings.WhenStale;
import io.keylapse.key.KeyName;
import jakarta.inject.Singleton;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Reads from Redis what may be believed of it. What may not counts as absent, and Postgres says what that means.
 *
 * <p>When this node has not seen the changes in Postgres for too long, it cannot tell whether Redis has them, and goes by
 * it only if Postgres, asked, has no answer and {@code keylapse.check.when-stale} says so. Staleness is judged when an
 * answer is given and not by a timer, because a process that was stopped would wake up believing itself fresh.
 */
@Singleton
final class RedisReader {
    /** Why Redis did not settle a check. */
    enum Miss {
        /** It is gone by, and has no such key that is good. */
        ABSENT,
        /** It is not to be gone by at present, or was left out. */
        NOT_RELIED_ON,
        /** It did not answer. */
        UNANSWERED
    }

    private final ActiveKeys active;
    private final VersionFloors recent;
    private final StoreBreakers breakers;
    private final CheckSettings settings;

    RedisReader(ActiveKeys active, VersionFloors recent, StoreBreakers breakers, CheckSettings settings) {
        this.active = active;
        this.recent = recent;
        this.breakers = breakers;
        this.settings = settings;
    }

    /**
     * What Redis holds for a key, as far as it may be believed. Fails when its primary does not answer, or by
     * {@link io.github.resilience4j.circuitbreaker.CallNotPermittedException} when that is left out.
     */
    CompletionStage<Optional<ActiveEntry>> find(KeyName name) {
        return breakers.redis(active.primaryOf(name)).executeCompletionStage(() -> findUnlessStale(name));
    }

    /** What it means that it answered and had nothing that may be believed. */
    Miss whyAbsent(KeyName name) {
        return active.isTrusted(name) && recent.age().compareTo(settings.staleAfter()) <= 0
                ? Miss.ABSENT
                : Miss.NOT_RELIED_ON;
    }

    /**
     * The same for a check to which Postgres has no answer: nobody is left out, and a stale node believes Redis if it is
     * to serve.
     */
    CompletionStage<Optional<ActiveEntry>> findWithoutPostgres(KeyName name) {
        return settings.whenStale() == WhenStale.SERVE ? active.find(name) : findUnlessStale(name);
    }

    private CompletionStage<Optional<ActiveEntry>> findUnlessStale(KeyName name) {
        return active.find(name).thenCompose(entry -> unlessStale(name, entry));
    }

    private CompletionStage<Optional<ActiveEntry>> unlessStale(KeyName name, Optional<ActiveEntry> entry) {
        return entry.isEmpty() || recent.age().compareTo(settings.staleAfter()) <= 0
                ? CompletableFuture.completedStage(entry)
                : recent.caughtUp(settings.staleAfter())
                        .thenApply(caughtUp -> entry.filter(each ->
                                each instanceof Tombstone || (caughtUp && !recent.isOutOfDate(name, each.version()))));
    }
}
