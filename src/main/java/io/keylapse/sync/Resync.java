package io.keylapse.sync;

import io.keylapse.active.ActiveKeys;
import io.keylapse.active.WriteDeadline;
import io.keylapse.active.redis.Primary;
import io.keylapse.active.redis.RedisUnavailableException;
import io.keylapse.active.trust.Mark;
import io.keylapse.active.trust.MarkStore;
import io.keylapse.active.trust.MarkStore.Reading;
import io.keylapse.active.trust.RedisTrust;
import io.keylapse.active.trust.TrustState;
import io.keylapse.history.CurrentHistory;
import io.keylapse.registry.ChangeLog;
import io.keylapse.registry.ChangeLog.ChangedKey;
import io.keylapse.registry.sql.Postgres;
import io.keylapse.registry.sql.PostgresFailure;
import io.keylapse.sync.HistoryWatch.Seen;
import io.keylapse.sync.compare.BulkFill;
import io.keylapse.sync.compare.Comparison;
import io.keylapse.sync.compare.Progress;
import io.keylapse.sync.compare.Repair;
import io.keylapse.sync.compare.Retry;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rebuild of a Redis primary that has no mark, or a mark of a history that Postgres has lost. No node trusts the primary
 * during the rebuild. Steps:
 *
 * <ol>
 *   <li>Claim it: set its mark to "rebuilding". The claim expires 15 seconds after its last renewal, in case this node dies.
 *   <li>If it followed a lost history, or Postgres has just lost commits, wait until no write of that history can arrive.
 *   <li>Compare its entries with Postgres and repair them.
 *   <li>Write the changes of at least the last 10 minutes, above all tombstones. Then no late write can bring back an ended
 *       key: writes from before that are past their deadline.
 *   <li>Write every active key that is missing.
 *   <li>Set the mark to the position of Postgres at the start, unless the primary has lost its contents again. The follower
 *       writes later changes.
 * </ol>
 */
@Singleton
final class Resync {
    private static final Logger LOG = LoggerFactory.getLogger(Resync.class);
    private static final Duration CLAIM = Duration.ofSeconds(15);
    private static final Duration PAUSE = Duration.ofSeconds(1);

    /** Time after which no write of a lost history can arrive any more. */
    private static final Duration LATEST_WRITE = WriteDeadline.ALLOWANCE.plus(PAUSE);

    private static final String TOO_SLOWLY = "Redis accepts writes too slowly";

    /** Timeout of a statement: much longer than a page takes, and short enough to detect a dead connection. */
    private static final Duration STATEMENT_TIMEOUT = Duration.ofSeconds(5);

    private final Comparison comparison;
    private final Repair repair;
    private final MarkStore marks;
    private final RedisTrust trust;
    private final CurrentHistory history;
    private final ChangeLog log;
    private final ChangeWriter writer;
    private final BulkFill fill;
    private final Counter written;
    private final Set<String> underWay = ConcurrentHashMap.newKeySet();
    private final FailedRebuilds failed = new FailedRebuilds();
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("resync-", 0).factory());
    private volatile boolean stopping;

    Resync(
            Comparison comparison,
            Repair repair,
            MarkStore marks,
            RedisTrust trust,
            CurrentHistory history,
            ChangeLog log,
            ChangeWriter writer,
            BulkFill fill,
            MeterRegistry meters) {
        this.comparison = comparison;
        this.repair = repair;
        this.marks = marks;
        this.trust = trust;
        this.history = history;
        this.log = log;
        this.writer = writer;
        this.fill = fill;
        this.written = meters.counter("keylapse.resync.keys");
        meters.gaugeCollectionSize("keylapse.resync.primaries", List.of(), underWay);
    }

    /** Whether a node is rebuilding the primary: the claim is neither given up nor expired. */
    static boolean isUnderWay(Reading seen) {
        return seen.mark().orElse(null) instanceof Mark.Rebuilding(var _, String by)
                && !by.isEmpty()
                && seen.age().compareTo(CLAIM) < 0;
    }

    /** Starts a rebuild in the background, unless this node is already rebuilding the primary. */
    void begin(Reading seen, TrustState state, Seen now) {
        if (!stopping
                && failed.isDue(seen.primary())
                && underWay.add(seen.primary().id())) {
            var _ = threads.submit(() -> {
                try {
                    Postgres.asOwnWork(STATEMENT_TIMEOUT, () -> run(seen, state, now));
                    failed.clear(seen.primary());
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                } catch (RuntimeException e) {
                    String why = PostgresFailure.isUnavailable(e)
                            ? PostgresFailure.inWords(e)
                            : RedisUnavailableException.inWords(e);
                    if (!stopping && failed.add(seen.primary(), why)) {
                        LOG.warn(
                                "the rebuild of Redis {} failed ({}); retrying every few seconds, and its keys are checked"
                                        + " in Postgres until then",
                                seen.primary().id(),
                                why);
                    }
                } catch (Error e) {
                    LOG.error(
                            "the rebuild of Redis {} failed because of a fault in Keylapse. Please report it.",
                            seen.primary().id(),
                            e);
                    throw e;
                } finally {
                    underWay.remove(seen.primary().id());
                }
            });
        }
    }

    private void run(Reading seen, TrustState state, Seen now) throws InterruptedException {
        Primary primary = seen.primary();
        var claim = new Mark.Rebuilding(now.moment(), UUID.randomUUID().toString());
        if (!isClaimed(seen, claim)) {
            return;
        }
        Reading claimed = new Reading(primary, seen.incarnation(), claim.text(), Duration.ZERO);
        if (!failed.has(primary)) {
            LOG.info("rebuilding Redis {} from Postgres, because {}", primary.id(), reason(seen, state, now));
        }
        try {
            renewClaim(claimed, now.generation());
            if (state == TrustState.LOST || now.look().sinceLoss().compareTo(LATEST_WRITE) < 0) {
                awaitLateWrites(claimed, now);
            }
            rebuild(claimed, now);
        } catch (RuntimeException e) {
            // Give up the claim, so that the next attempt need not wait until it expires.
            if (history.generation() == now.generation()) {
                var _ = marks.move(claimed, new Mark.Rebuilding(now.moment(), ""));
            }
            throw e;
        }
    }

    /** Whether this node holds the claim, also if the answer to an earlier attempt was lost. */
    private boolean isClaimed(Reading seen, Mark claim) {
        return Retry.onTimeout(() -> marks.move(seen, claim))
                || Retry.onTimeout(() -> marks.read(seen.primary())).text().equals(claim.text());
    }

    /** Waits until no node can still write under a mark of the lost history; see {@link #LATEST_WRITE}. */
    private void awaitLateWrites(Reading claimed, Seen now) throws InterruptedException {
        long until = System.nanoTime() + LATEST_WRITE.toNanos();
        while (System.nanoTime() - until < 0) {
            Thread.sleep(PAUSE);
            renewClaim(claimed, now.generation());
        }
    }

    private void rebuild(Reading claimed, Seen now) {
        Primary primary = claimed.primary();
        var progress = new Progress(written);
        comparison.redisSide(primary, compared -> {
            if (repair.mend(compared.differences()).notAllowed() > 0) {
                throw new IllegalStateException(TOO_SLOWLY);
            }
            renewClaim(claimed, now.generation());
        });
        writeRecentChanges(primary, () -> renewClaim(claimed, now.generation()));
        fill.run(primary, progress, () -> renewClaim(claimed, now.generation()));
        if (Retry.onTimeout(() -> marks.move(claimed, new Mark.At(now.moment(), now.position())))) {
            LOG.info("rebuilt Redis {}: {}", primary.id(), progress);
        } else {
            LOG.warn("Redis {} lost its contents during the rebuild", primary.id());
        }
    }

    private static String reason(Reading seen, TrustState state, Seen now) {
        return switch (seen.mark().orElse(null)) {
            case null -> "it has no mark";
            case Mark _ when state == TrustState.LOST -> "it follows a history that Postgres has lost";
            case Mark.At(var _, long position) -> "its mark " + position + " is ahead of Postgres at " + now.position();
            case Mark.Rebuilding _ -> "the node that was rebuilding it has stopped";
        };
    }

    private void renewClaim(Reading claimed, long generation) {
        if (stopping) {
            throw new IllegalStateException("stopping");
        }
        if (history.generation() != generation) {
            throw new IllegalStateException("Postgres lost commits during the rebuild");
        }
        Mark same = claimed.mark().orElseThrow();
        if (!Retry.onTimeout(() -> marks.move(claimed, same))) {
            throw new IllegalStateException("it lost its contents again, or is no longer the same server");
        }
        trust.look(claimed.primary()).toCompletableFuture().join();
    }

    private void writeRecentChanges(Primary primary, Runnable afterEach) {
        long position = log.positionBefore(ActiveKeys.TOMBSTONE_LIFETIME);
        List<ChangedKey> page;
        do {
            var deadline = WriteDeadline.startingNow();
            // Only changed keys: first versions are written with the active keys.
            page = log.keysAfter(position, 2);
            if (!writer.write(primary, page, deadline)) {
                throw new IllegalStateException(TOO_SLOWLY);
            }
            position = page.isEmpty() ? position : page.getLast().position();
            afterEach.run();
        } while (page.size() == ChangeLog.BATCH);
    }

    /** Aborts all rebuilds. Another node starts again as soon as the claim has expired. */
    void stop() {
        stopping = true;
        threads.shutdown();
    }
}
