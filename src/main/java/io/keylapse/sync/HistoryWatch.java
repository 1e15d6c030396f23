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
 * Detects that Postgres has another history than before, because a fail-over or a restore lost commits. Redis is then not
 * trusted until it has been compared with Postgres. Also detects a standby and a superseded primary, which are not trusted.
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
     * Loss of commits that has not been stored in Postgres yet.
     *
     * @param until milestones up to this instant belong to the lost history; {@link Instant#EPOCH} if marks already differ
     *     in their history
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

    /** State of a trusted Postgres, with the generation that it belongs to; see {@link CurrentHistory#generation}. */
    record Seen(long position, Look look, HistoryPosition moment, long generation) {}

    /** Reads the state of Postgres; empty if this Postgres is not trusted. */
    Optional<Seen> look() {
        Known before = history.known();
        Look look = log.look(before.milestone());
        if (look.moment().isEmpty()) {
            observeAndLog(history::observeStandby);
            return Optional.empty();
        }
        HistoryPosition now = look.moment().get();
        Observed[] seen = new Observed[1];
        var observation = new HistoryObservation(now, look.at(), look.given(), look.remembers());
        observeAndLog(() -> seen[0] = history.observe(before, observation));
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
                    LOG.warn("Postgres has another history than before, as after a fail-over or a restore; Redis is not"
                            + " trusted until it has been compared with it");
                    postgres.reconnect();
                }
            }
        }
        noteLoss();
        return Optional.of(new Seen(look.position(), look, now, seen[0].generation()));
    }

    /**
     * Stores the loss in Postgres and deletes the milestones of the lost history. Otherwise a mark of that history would
     * look like ours once the write-ahead log has grown past it. If Postgres cannot write, the next look tries again.
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
            LOG.debug("the loss of commits cannot be stored in Postgres yet: {}", e.toString());
        }
    }

    /** Runs an observation. Logs once when Postgres stops being trusted, and once when it is trusted again. */
    private synchronized void observeAndLog(Runnable observation) {
        boolean before = history.isDoubted();
        observation.run();
        history.doubt().ifPresent(why -> {
            if (!before) {
                LOG.warn("Postgres is not trusted, because {}; keys are not looked up in it", why);
                trust.forget();
            }
            if (!before || System.nanoTime() - reconnected > BETWEEN_RECONNECTS.toNanos()) {
                reconnected = System.nanoTime();
                postgres.reconnect();
            }
        });
        if (before && !history.isDoubted()) {
            LOG.info("Postgres is trusted again");
        }
    }
}
