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
 * Fills a primary anew that has no mark, or one of a history that Postgres has lost. Meanwhile nobody believes it.
 *
 * <ol>
 *   <li>claim it: its mark says that it is being rebuilt, and counts no longer should this node die;
 *   <li>if it followed a lost history, or one was lost a moment ago: wait until no write of that history can arrive any more;
 *   <li>compare what it still has with Postgres, and mend it;
 *   <li>write what has changed of late, above all the tombstones, so that a write still under way cannot bring back what
 *       has been ended: whatever is older than that is past its write deadline;
 *   <li>write every active key that is not there;
 *   <li>mark it as it was in Postgres at the beginning, unless it has lost everything again; the follower does the rest.
 * </ol>
 */
@Singleton
final class Resync {
    private static final Logger LOG = LoggerFactory.getLogger(Resync.class);
    private static final Duration CLAIM = Duration.ofSeconds(15);
    private static final Duration PAUSE = Duration.ofSeconds(1);

    /** After which no write of a history that was lost can arrive any more. */
    private static final Duration LATEST_WRITE = WriteDeadline.ALLOWANCE.plus(PAUSE);

    private static final String TOO_SLOWLY = "Redis takes writes too slowly";

    /** For a statement, far more than a page takes; one on a dead connection must not hold all up for long. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

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

    /** Whether somebody is at it who has not died or given up. */
    static boolean isUnderWay(Reading seen) {
        return seen.mark().orElse(null) instanceof Mark.Rebuilding(var _, String by)
                && !by.isEmpty()
                && seen.age().compareTo(CLAIM) < 0;
    }

    /** Begins, unless this node is at it already; returns at once. */
    void begin(Reading seen, TrustState standing, Seen now) {
        if (!stopping
                && failed.isDue(seen.primary())
                && underWay.add(seen.primary().id())) {
            var _ = threads.submit(() -> {
                try {
                    Postgres.asOwnWork(PATIENCE, () -> run(seen, standing, now));
                    failed.clear(seen.primary());
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                } catch (RuntimeException e) {
                    String why = PostgresFailure.isUnavailable(e)
                            ? PostgresFailure.inWords(e)
                            : RedisUnavailableException.inWords(e);
                    if (!stopping && failed.add(seen.primary(), why)) {
                        LOG.warn(
                                "Redis {} was not rebuilt ({}); it is tried again every few seconds, and its keys are"
                                        + " checked in Postgres",
                                seen.primary().id(),
                                why);
                    }
                } catch (Error e) {
                    LOG.error(
                            "Redis {} was not rebuilt because of a fault in Keylapse. Please report it.",
                            seen.primary().id(),
                            e);
                    throw e;
                } finally {
                    underWay.remove(seen.primary().id());
                }
            });
        }
    }

    private void run(Reading seen, TrustState standing, Seen now) throws InterruptedException {
        Primary primary = seen.primary();
        var claim = new Mark.Rebuilding(now.moment(), UUID.randomUUID().toString());
        if (!isClaimed(seen, claim)) {
            return;
        }
        Reading claimed = new Reading(primary, seen.incarnation(), claim.text(), Duration.ZERO);
        if (!failed.has(primary)) {
            LOG.info("rebuilding Redis {} from Postgres, because {}", primary.id(), reason(seen, standing, now));
        }
        try {
            keep(claimed, now.generation());
            if (standing == TrustState.LOST || now.look().sinceLoss().compareTo(LATEST_WRITE) < 0) {
                awaitLateWrites(claimed, now);
            }
            rebuild(claimed, now);
        } catch (RuntimeException e) {
            // Whoever tries next need not wait until the claim has lapsed.
            if (history.generation() == now.generation()) {
                var _ = marks.move(claimed, new Mark.Rebuilding(now.moment(), ""));
            }
            throw e;
        }
    }

    /** Whether the claim is ours, be it that the answer which said so came too late. */
    private boolean isClaimed(Reading seen, Mark claim) {
        return Retry.persist(() -> marks.move(seen, claim))
                || Retry.persist(() -> marks.read(seen.primary())).text().equals(claim.text());
    }

    /** No node writes more than that after it last saw a mark of the lost history. */
    private void awaitLateWrites(Reading claimed, Seen now) throws InterruptedException {
        long until = System.nanoTime() + LATEST_WRITE.toNanos();
        while (System.nanoTime() - until < 0) {
            Thread.sleep(PAUSE);
            keep(claimed, now.generation());
        }
    }

    private void rebuild(Reading claimed, Seen now) {
        Primary primary = claimed.primary();
        var progress = new Progress(written);
        comparison.redisSide(primary, compared -> {
            if (repair.mend(compared.differences()).notAllowed() > 0) {
                throw new IllegalStateException(TOO_SLOWLY);
            }
            keep(claimed, now.generation());
        });
        writeRecentChanges(primary, () -> keep(claimed, now.generation()));
        fill.run(primary, progress, () -> keep(claimed, now.generation()));
        if (Retry.persist(() -> marks.move(claimed, new Mark.At(now.moment(), now.position())))) {
            LOG.info("rebuilt Redis {}: {}", primary.id(), progress);
        } else {
            LOG.warn("Redis {} has lost its contents while it was rebuilt", primary.id());
        }
    }

    private static String reason(Reading seen, TrustState standing, Seen now) {
        return switch (seen.mark().orElse(null)) {
            case null -> "it has no mark";
            case Mark _ when standing == TrustState.LOST -> "it follows a history that Postgres does not have any more";
            case Mark.At(var _, long position) ->
                "its mark " + position + " is beyond " + now.position() + ", where Postgres is";
            case Mark.Rebuilding _ -> "whoever was rebuilding it has stopped";
        };
    }

    private void keep(Reading claimed, long generation) {
        if (stopping) {
            throw new IllegalStateException("stopping");
        }
        if (history.generation() != generation) {
            throw new IllegalStateException("Postgres has lost commits meanwhile");
        }
        Mark same = claimed.mark().orElseThrow();
        if (!Retry.persist(() -> marks.move(claimed, same))) {
            throw new IllegalStateException("it has lost its contents again, or is no longer the same server");
        }
        trust.look(claimed.primary()).toCompletableFuture().join();
    }

    private void writeRecentChanges(Primary primary, Runnable afterEach) {
        long position = log.positionBefore(ActiveKeys.TOMBSTONE_LIFETIME);
        List<ChangedKey> page;
        do {
            var deadline = WriteDeadline.startingNow();
            // A first version contradicts nothing, and comes with the active keys.
            page = log.keysAfter(position, 2);
            if (!writer.write(primary, page, deadline)) {
                throw new IllegalStateException(TOO_SLOWLY);
            }
            position = page.isEmpty() ? position : page.getLast().position();
            afterEach.run();
        } while (page.size() == ChangeLog.BATCH);
    }

    /** Gives up; another node begins anew as soon as the claim has lapsed. */
    void stop() {
        stopping = true;
        threads.shutdown();
    }
}
