package io.keylapse.sync;

import io.keylapse.active.trust.RedisTrust;
import io.keylapse.history.CurrentHistory;
import io.keylapse.history.CurrentHistory.Known;
import io.keylapse.history.CurrentHistory.Meaning;
import io.keylapse.history.CurrentHistory.Observed;
import io.keylapse.history.HistoryObservation;
import io.keylapse.history.HistoryPosition;
import io.keylapse.registry.ChangeLog;
import io.keylapse.registry.ChangeLog.Look;
import io.keylapse.registry.MilestoneTable;
import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks into Postgres and finds out whether it is still the one that this node has gone by. If it has another history,
 * because commits were lost in a fail-over or a restore, Redis is not believed until it has been compared with it.
 */
@Singleton
final class HistoryWatch {
    private static final Logger LOG = LoggerFactory.getLogger(HistoryWatch.class);
    private static final Duration BETWEEN_RECONNECTS = Duration.ofSeconds(1);

    private final ChangeLog log;
    private final CurrentHistory history;
    private final RedisTrust trust;
    private final MilestoneTable milestones;
    private final Postgres postgres;
    private final AtomicReference<@Nullable Loss> lost = new AtomicReference<>();
    private long reconnected = System.nanoTime();

    /**
     * That Postgres has lost commits, which it has yet to be told.
     *
     * @param until milestones up to then are of the lost past; the epoch where another history tells the marks apart
     */
    private record Loss(Instant until) {}

    HistoryWatch(
            ChangeLog log, CurrentHistory history, RedisTrust trust, MilestoneTable milestones, Postgres postgres) {
        this.milestones = milestones;
        this.log = log;
        this.history = history;
        this.trust = trust;
        this.postgres = postgres;
    }

    /** A look that counts, and of which of this node's histories it is; see {@link CurrentHistory#generation}. */
    record Seen(long position, Look look, HistoryPosition moment, long generation) {}

    /** Looks; nothing if what this Postgres says does not count. */
    Optional<Seen> look() {
        Known before = history.known();
        Look look = log.look(before.milestone());
        if (look.moment().isEmpty()) {
            doubt(history::observeStandby);
            return Optional.empty();
        }
        HistoryPosition now = look.moment().get();
        Observed[] seen = new Observed[1];
        var sighting = new HistoryObservation(now, look.at(), look.given(), look.remembers());
        doubt(() -> seen[0] = history.observe(before, sighting));
        switch (seen[0].meaning()) {
            case SAME -> {}
            case SUPERSEDED -> {
                return Optional.empty();
            }
            case OTHER, WENT_BACK -> {
                trust.forget();
                if (before.generation() > 0) {
                    boolean back = seen[0].meaning() == Meaning.WENT_BACK;
                    lost.set(new Loss(back ? before.at() : Instant.EPOCH));
                    LOG.warn(
                            "Postgres has another history than before, as after a fail-over or a restore; what was learnt"
                                    + " of changes is forgotten, and Redis is compared with it");
                    postgres.reconnect();
                }
            }
        }
        noteLoss();
        return Optional.of(new Seen(look.position(), look, now, seen[0].generation()));
    }

    /**
     * Lets Postgres remember that it has lost commits, and forget the milestones from before, so that the marks of the lost
     * past are not taken for ours once its log has grown beyond them. A Postgres that cannot write is told with the next look.
     */
    private void noteLoss() {
        Loss found = lost.get();
        if (found == null) {
            return;
        }
        try {
            milestones.forgetUntil(found.until);
            Look again = log.look(null);
            again.moment().ifPresent(moment -> history.renew(moment, again.at()));
            lost.compareAndSet(found, null);
        } catch (RuntimeException e) {
            LOG.debug("Postgres cannot be told yet that it has lost commits: {}", e.toString());
        }
    }

    /** Says once when Postgres's word begins not to count, and when it counts again. */
    private synchronized void doubt(Runnable observation) {
        boolean before = history.isDoubted();
        observation.run();
        history.doubt().ifPresent(why -> {
            if (!before) {
                LOG.warn("what Postgres says does not count, because {}; keys are not looked up in it", why);
                trust.forget();
            }
            if (!before || System.nanoTime() - reconnected > BETWEEN_RECONNECTS.toNanos()) {
                reconnected = System.nanoTime();
                postgres.reconnect();
            }
        });
        if (before && !history.isDoubted()) {
            LOG.info("what Postgres says counts again");
        }
    }
}
