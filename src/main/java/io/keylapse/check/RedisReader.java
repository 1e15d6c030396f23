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
 * Reads trusted entries from Redis. Entries that are not trusted count as absent, and Postgres is asked.
 *
 * <p>A node that has not read the changes in Postgres for {@code keylapse.check.stale-after} is stale: it cannot tell
 * whether Redis has them. It then uses a live entry only if Postgres does not answer and {@code keylapse.check.when-stale}
 * is {@code serve}. Staleness is determined for each answer and not by a timer, which would be late after this process was
 * suspended.
 */
@Singleton
final class RedisReader {
    /** Why Redis did not decide a check. */
    enum Miss {
        /** Redis is trusted and up to date, and has no valid entry. */
        ABSENT,
        /** Redis is not trusted at present, this node is stale, or the breaker is open. */
        NOT_RELIED_ON,
        /** Redis did not answer. */
        UNANSWERED
    }

    private final ActiveKeys active;
    private final VersionFloors floors;
    private final StoreBreakers breakers;
    private final CheckSettings settings;

    RedisReader(ActiveKeys active, VersionFloors floors, StoreBreakers breakers, CheckSettings settings) {
        this.active = active;
        this.floors = floors;
        this.breakers = breakers;
        this.settings = settings;
    }

    /**
     * Reads the trusted entry of a key. Fails if its primary does not answer, or with
     * {@link io.github.resilience4j.circuitbreaker.CallNotPermittedException} if the breaker of the primary is open.
     */
    CompletionStage<Optional<ActiveEntry>> find(KeyName name) {
        return breakers.redis(active.primaryOf(name)).executeCompletionStage(() -> findUnlessStale(name));
    }

    /** Why {@link #find} returned no entry. */
    Miss whyAbsent(KeyName name) {
        return active.isTrusted(name) && floors.age().compareTo(settings.staleAfter()) <= 0
                ? Miss.ABSENT
                : Miss.NOT_RELIED_ON;
    }

    /**
     * Reads the entry of a key when Postgres has no answer: ignores the breaker and, with {@link WhenStale#SERVE}, that this
     * node is stale.
     */
    CompletionStage<Optional<ActiveEntry>> findWithoutPostgres(KeyName name) {
        return settings.whenStale() == WhenStale.SERVE ? active.find(name) : findUnlessStale(name);
    }

    private CompletionStage<Optional<ActiveEntry>> findUnlessStale(KeyName name) {
        return active.find(name).thenCompose(entry -> unlessStale(name, entry));
    }

    private CompletionStage<Optional<ActiveEntry>> unlessStale(KeyName name, Optional<ActiveEntry> entry) {
        return entry.isEmpty() || floors.age().compareTo(settings.staleAfter()) <= 0
                ? CompletableFuture.completedStage(entry)
                : floors.caughtUp(settings.staleAfter())
                        .thenApply(caughtUp -> entry.filter(each ->
                                each instanceof Tombstone || (caughtUp && !floors.isOutOfDate(name, each.version()))));
    }
}
