package io.keylapse.history;

import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * History that this node follows: that of the Postgres that it last read. When Postgres turns out to have another history,
 * everything that this node learned before is invalid, and {@link #generation} grows.
 */
@Singleton
public final class CurrentHistory {
    /** Why a standby is not trusted. */
    public static final String STANDBY = "it is a standby and may lack the latest revocations";

    private static final int MAX_MILESTONES = 100;

    private final Set<UUID> milestones = new LinkedHashSet<>();
    private @Nullable HistoryPosition latest;
    private Instant latestAt = Instant.EPOCH;
    private long given;

    /** The milestone to which Postgres went back. The lost history may have it too, so it no longer proves identity. */
    private @Nullable UUID lostWith;

    private @Nullable History superseder;
    private volatile long generation;
    private volatile @Nullable String doubt;

    /** What an observation of Postgres means for what this node has learned. */
    public enum Meaning {
        /** Same history: everything remains valid. */
        SAME,
        /** Another history, or the first one that this node sees: everything is invalid. */
        OTHER,
        /** Postgres has gone back to an earlier position of the same history: everything is invalid. */
        WENT_BACK,
        /** A standby of this Postgres was promoted: what was learned remains valid, this Postgres is not trusted. */
        SUPERSEDED
    }

    /**
     * Knowledge before an observation of Postgres.
     *
     * @param latest latest position in the history that was seen; null if none was
     * @param at when it was seen, by Postgres's clock
     * @param given latest value of the sequence of changes that was seen
     * @param generation see {@link CurrentHistory#generation}
     */
    public record Known(@Nullable HistoryPosition latest, Instant at, long given, long generation) {
        /** The milestone that this Postgres should have; null for none. */
        public @Nullable UUID milestone() {
            return latest == null ? null : latest.milestone();
        }
    }

    /**
     * Result of an observation.
     *
     * @param generation generation to which the observed state belongs
     */
    public record Observed(Meaning meaning, long generation) {}

    /** The current knowledge. */
    public synchronized Known known() {
        return new Known(latest, latestAt, given, generation);
    }

    /** The latest position in the history that was seen; empty before the first observation. */
    public synchronized Optional<HistoryPosition> latest() {
        return Optional.ofNullable(latest);
    }

    /** Number of histories that this node has followed; 0 before the first observation. */
    public long generation() {
        return generation;
    }

    /** Why Postgres is not trusted at present, as a clause for log lines; empty when it is trusted. */
    public Optional<String> doubt() {
        return Optional.ofNullable(doubt);
    }

    /** Whether Postgres is not trusted at present. */
    public boolean isDoubted() {
        return doubt != null;
    }

    /**
     * Evaluates an observation of Postgres.
     *
     * @param before knowledge from before the observation
     */
    public synchronized Observed observe(Known before, HistoryObservation observation) {
        HistoryPosition known = latest;
        HistoryPosition now = observation.moment();
        Optional<String> superseded =
                supersededBy(now.history().system(), now.history().timeline());
        if (superseded.isPresent()) {
            doubt = superseded.get();
            return new Observed(Meaning.SUPERSEDED, generation);
        }
        doubt = null;
        if (known == null || !known.history().equals(now.history()) || hasGoneBack(before, observation)) {
            boolean same = known != null && known.history().equals(now.history());
            milestones.clear();
            lostWith = same ? now.milestone() : null;
            remember(now.milestone());
            latest = now;
            latestAt = observation.at();
            given = observation.given();
            generation++;
            return new Observed(same ? Meaning.WENT_BACK : Meaning.OTHER, generation);
        }
        remember(now.milestone());
        given = Math.max(given, observation.given());
        if (known.wal() <= now.wal()) {
            latest = now;
            latestAt = observation.at();
        }
        return new Observed(Meaning.SAME, generation);
    }

    private void remember(UUID milestone) {
        if (!milestone.equals(lostWith) && milestones.add(milestone) && milestones.size() > MAX_MILESTONES) {
            milestones.remove(milestones.iterator().next());
        }
    }

    /** Whether Postgres has lost its latest commits, and no other thread has found this since {@code before} was read. */
    private boolean hasGoneBack(Known before, HistoryObservation now) {
        return before.generation == generation
                && before.latest != null
                && (now.moment().wal() < before.latest.wal() || now.given() < before.given || !now.remembers());
    }

    /**
     * Why a Postgres with this system identifier and timeline must not be trusted, as a clause for log lines; empty unless a
     * promoted standby of it is known.
     */
    public synchronized Optional<String> supersededBy(long system, int timeline) {
        return Stream.of(Optional.ofNullable(superseder), latest().map(HistoryPosition::history))
                .flatMap(Optional::stream)
                .filter(other -> other.supersedes(system, timeline))
                .findFirst()
                .map(other -> "it is on timeline " + timeline + ", and a standby of it was promoted to timeline "
                        + other.timeline());
    }

    /** Notes that Postgres is a standby, whose lag behind its primary is unknown. */
    public synchronized void observeStandby() {
        doubt = STANDBY;
    }

    /**
     * Notes a history that Redis follows and that supersedes ours. It is kept until the process ends, because Redis may be
     * down when the old Postgres primary answers next.
     */
    public synchronized void observeSuperseder(History followed) {
        if (superseder == null || followed.supersedes(superseder)) {
            superseder = followed;
        }
    }

    /** Updates the latest position after this node has given Postgres another milestone. */
    public synchronized void renew(HistoryPosition now, Instant at) {
        if (latest != null && latest.history().equals(now.history())) {
            remember(now.milestone());
            latest = now;
            latestAt = at;
        }
    }

    /** Whether this milestone is among the latest that were seen. */
    public synchronized boolean knows(UUID milestone) {
        return milestones.contains(milestone);
    }

    /** Whether this position is certainly in the past of the latest one seen. If not, only Postgres can tell. */
    public synchronized boolean hasSeen(HistoryPosition moment) {
        HistoryPosition known = latest;
        return known != null
                && moment.history().equals(known.history())
                && moment.wal() <= known.wal()
                && milestones.contains(moment.milestone());
    }
}
