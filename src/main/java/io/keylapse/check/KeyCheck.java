package io.keylapse.check;

import io.keylapse.active.ActiveEntry;
import io.keylapse.active.ActiveEntry.Live;
import io.keylapse.active.ActiveEntry.Tombstone;
import io.keylapse.active.ActiveKeys;
import io.keylapse.active.trust.RecentChanges;
import io.keylapse.check.CheckSettings.WhenStale;
import io.keylapse.key.ApiKey;
import io.keylapse.key.KeyDigest;
import io.keylapse.key.KeyFormat;
import io.keylapse.key.KeyName;
import io.keylapse.key.KeyState;
import io.keylapse.registry.KeyRecord;
import io.keylapse.registry.PostgresClock;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Checks a key. The steps, each of which may settle it:
 *
 * <ol>
 *   <li>the form and checksum of the text, which cost no store;
 *   <li>Redis: a live entry whose deadline lies ahead is good, a tombstone says how the key ended;
 *   <li>a miss (no entry, one past its deadline, or no answer): Postgres says what it means, by its own clock.
 * </ol>
 */
@Singleton
public final class KeyCheck {
    private final KeyFormat format;
    private final ActiveKeys active;
    private final RecentChanges recent;
    private final MissReader misses;
    private final CheckSettings settings;
    private final PostgresClock clock;
    private final MeterRegistry meters;

    KeyCheck(
            KeyFormat format,
            ActiveKeys active,
            RecentChanges recent,
            MissReader misses,
            CheckSettings settings,
            PostgresClock clock,
            MeterRegistry meters) {
        this.format = format;
        this.active = active;
        this.recent = recent;
        this.settings = settings;
        this.misses = misses;
        this.clock = clock;
        this.meters = meters;
    }

    /**
     * Checks a key.
     *
     * @param text what was presented
     * @param demanded the scopes that the key must have, all of them
     * @return the verdict, soon: the stage never fails
     */
    public CompletionStage<Verdict> check(String text, List<String> demanded) {
        Optional<ApiKey> key = format.parse(text);
        return key.isEmpty()
                ? CompletableFuture.completedStage(count(new Verdict.Malformed()))
                : look(key.get().digest()).thenApply(verdict -> count(withScopes(verdict, demanded)));
    }

    /** Counts a verdict that was reached without a key to look at, and returns it. */
    public Verdict count(Verdict verdict) {
        meters.counter("keylapse.checks", "outcome", verdict.code()).increment();
        return verdict;
    }

    private CompletionStage<Verdict> look(KeyDigest digest) {
        KeyName name = digest.name();
        return active.find(name)
                .thenCompose(entry -> unlessStale(name, entry))
                .thenApply(entry -> entry.flatMap(this::settle))
                .exceptionally(redisDidNotAnswer -> Optional.empty())
                .thenCompose(settled -> settled.<CompletionStage<Verdict>>map(CompletableFuture::completedStage)
                        .orElseGet(() -> askPostgres(digest)));
    }

    /** Staleness is judged now, not by a timer: a process that was stopped would wake up believing itself fresh. */
    private CompletionStage<Optional<ActiveEntry>> unlessStale(KeyName name, Optional<ActiveEntry> entry) {
        return entry.isEmpty() || recent.age().compareTo(settings.staleAfter()) <= 0
                ? CompletableFuture.completedStage(entry)
                : recent.caughtUp(settings.staleAfter())
                        .thenApply(caughtUp -> entry.filter(each -> caughtUp
                                ? !recent.isOutOfDate(name, each.version())
                                : settings.whenStale() == WhenStale.SERVE || each instanceof Tombstone));
    }

    private Optional<Verdict> settle(ActiveEntry entry) {
        return switch (entry) {
            case Live live ->
                live.isLiveAt(clock.instant())
                        ? Optional.of(new Verdict.Good(live.id(), live.owner(), live.scopes(), live.expiresAt()))
                        : Optional.empty();
            case Tombstone dead ->
                Optional.of(
                        dead.state() == KeyState.ROTATED
                                ? new Verdict.Rotated(dead.id(), dead.endedAt(), dead.successor())
                                : new Verdict.Revoked(dead.id(), dead.endedAt()));
        };
    }

    private CompletionStage<Verdict> askPostgres(KeyDigest digest) {
        return misses.read(digest).thenApply(answer -> switch (answer) {
            case MissReader.Answer.Unavailable _ -> new Verdict.Unavailable();
            case MissReader.Answer.Known(Optional<KeyRecord> key) ->
                key.map(KeyCheck::judge).orElseGet(Verdict.Unknown::new);
        });
    }

    private static Verdict judge(KeyRecord key) {
        return switch (key.state()) {
            case ACTIVE ->
                new Verdict.Good(
                        key.id(),
                        key.owner(),
                        key.details().scopes(),
                        key.term().expiresAt());
            case EXPIRED -> new Verdict.Expired(key.id(), key.owner(), ended(key));
            case REVOKED -> new Verdict.Revoked(key.id(), ended(key));
            case ROTATED -> new Verdict.Rotated(key.id(), ended(key), key.term().successorId());
        };
    }

    private static Instant ended(KeyRecord key) {
        return Objects.requireNonNull(key.endedAt(), "a constraint gives every ended key its instant");
    }

    private static Verdict withScopes(Verdict verdict, List<String> demanded) {
        return verdict instanceof Verdict.Good good && !good.scopes().containsAll(demanded)
                ? new Verdict.ScopeMissing(good.id(), demanded)
                : verdict;
    }
}
