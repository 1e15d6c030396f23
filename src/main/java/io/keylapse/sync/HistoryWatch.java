package io.keylapse.sync;

import io.keylapse.active.trust.RedisTrust;
import io.keylapse.history.CurrentHistory;
import io.keylapse.history.CurrentHistory.Known;
import io.keylapse.history.CurrentHistory.Meaning;
import io.keylapse.history.Moment;
import io.keylapse.registry.ChangeLog;
import io.keylapse.registry.ChangeLog.Look;
import io.keylapse.registry.MilestoneTable;
import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.Optional;
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

    private final ChangeLog log;
    private final CurrentHistory history;
    private final RedisTrust trust;
    private final MilestoneTable milestones;
    private final Postgres postgres;
    private volatile @Nullable Instant lostUntil;

    HistoryWatch(
            ChangeLog log, CurrentHistory history, RedisTrust trust, MilestoneTable milestones, Postgres postgres) {
        this.milestones = milestones;
        this.log = log;
        this.history = history;
        this.trust = trust;
        this.postgres = postgres;
    }

    /** A look that counts, and of which of this node's histories it is; see {@link CurrentHistory#generation}. */
    record Seen(long position, Look look, Moment moment, long generation) {}

    /** Looks; nothing if what this Postgres says does not count. */
    Optional<Seen> look() {
        Known before = history.known();
        Look look = log.look(before.milestone());
        if (look.moment().isEmpty()) {
            doubt(history::observeStandby);
            return Optional.empty();
        }
        Moment now = look.moment().get();
        Meaning[] meaning = new Meaning[1];
        doubt(() -> meaning[0] = history.observe(before, now, look.at(), look.remembers()));
        if (meaning[0] == Meaning.SUPERSEDED) {
            return Optional.empty();
        }
        if (meaning[0] == Meaning.OTHER) {
            trust.forget();
            if (before.generation() > 0) {
                lostUntil = before.at();
                LOG.warn("Postgres has another history than before, as after a fail-over or a restore; what was learnt"
                        + " of changes is forgotten, and Redis is compared with it");
                postgres.reconnect();
            }
        }
        forgetLostMilestones();
        return Optional.of(new Seen(look.position(), look, now, history.generation()));
    }

    /** So that the marks of the lost past are not taken for ours once the log has grown beyond them; again if it fails. */
    private void forgetLostMilestones() {
        Instant until = lostUntil;
        if (until != null) {
            milestones.forgetUntil(until);
            lostUntil = null;
        }
    }

    /** Says once when Postgres's word begins not to count, and when it counts again. */
    private void doubt(Runnable observation) {
        boolean before = history.isDoubted();
        observation.run();
        history.doubt().ifPresent(why -> {
            if (!before) {
                LOG.warn("what Postgres says does not count, because {}; keys are not looked up in it", why);
            }
            postgres.reconnect();
        });
        if (before && !history.isDoubted()) {
            LOG.info("what Postgres says counts again");
        }
    }
}
