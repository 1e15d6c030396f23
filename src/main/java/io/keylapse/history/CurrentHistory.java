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
 * The history that this node goes by: that of the Postgres into which it looked last. When Postgres turns out to have
 * another one, all that was learnt before is void, and {@link #generation} says so.
 */
@Singleton
public final class CurrentHistory {
    /** Why the word of a standby does not count. */
    public static final String STANDBY = "it is a standby, and may lack the latest revocations";

    private static final int MILESTONES = 100;

    private final Set<UUID> milestones = new LinkedHashSet<>();
    private @Nullable HistoryPosition latest;
    private Instant latestAt = Instant.EPOCH;
    private long given;

    /** The milestone to which Postgres went back. The lost past may know it too, so it proves nothing any more. */
    private @Nullable UUID lostWith;

    private @Nullable History superseder;
    private volatile long generation;
    private volatile @Nullable String doubt;

    /** What a look into Postgres means for what this node knows. */
    public enum Meaning {
        /** It goes on. */
        SAME,
        /** It is void: this Postgres has another history, or is the first that was looked into. */
        OTHER,
        /** It is void: Postgres has gone back to an earlier moment of this history. */
        WENT_BACK,
        /** It stands, and Postgres's word does not: a standby of this one was promoted, which takes its place. */
        SUPERSEDED
    }

    /**
     * What is known before a look into Postgres.
     *
     * @param latest moment that was seen; null if none was
     * @param at when it was, by Postgres's clock
     * @param given the latest position that Postgres had given out
     */
    public record Known(@Nullable HistoryPosition latest, Instant at, long given, long generation) {
        /** The milestone that this Postgres should know; null for none. */
        public @Nullable UUID milestone() {
            return latest == null ? null : latest.milestone();
        }
    }

    /**
     * What a look meant.
     *
     * @param generation of this node's histories to which the look belongs
     */
    public record Observed(Meaning meaning, long generation) {}

    /** What is known now. */
    public synchronized Known known() {
        return new Known(latest, latestAt, given, generation);
    }

    /** The latest moment that was seen, if any was. */
    public synchronized Optional<HistoryPosition> latest() {
        return Optional.ofNullable(latest);
    }

    /** Counts the histories that this node has gone by; 0 as long as it has seen none. */
    public long generation() {
        return generation;
    }

    /** Why nothing that Postgres says counts at present, in words; empty when it counts. */
    public Optional<String> doubt() {
        return Optional.ofNullable(doubt);
    }

    /** Whether nothing that Postgres says counts at present. */
    public boolean isDoubted() {
        return doubt != null;
    }

    /**
     * Takes note of a look into Postgres.
     *
     * @param before what was known before the look
     */
    public synchronized Observed observe(Known before, HistoryObservation sighting) {
        HistoryPosition known = latest;
        HistoryPosition now = sighting.moment();
        Optional<String> superseded =
                supersededBy(now.history().system(), now.history().timeline());
        if (superseded.isPresent()) {
            doubt = superseded.get();
            return new Observed(Meaning.SUPERSEDED, generation);
        }
        doubt = null;
        if (known == null || !known.history().equals(now.history()) || hasGoneBack(before, sighting)) {
            boolean same = known != null && known.history().equals(now.history());
            milestones.clear();
            lostWith = same ? now.milestone() : null;
            remember(now.milestone());
            latest = now;
            latestAt = sighting.at();
            given = sighting.given();
            generation++;
            return new Observed(same ? Meaning.WENT_BACK : Meaning.OTHER, generation);
        }
        remember(now.milestone());
        given = Math.max(given, sighting.given());
        if (known.wal() <= now.wal()) {
            latest = now;
            latestAt = sighting.at();
        }
        return new Observed(Meaning.SAME, generation);
    }

    private void remember(UUID milestone) {
        if (!milestone.equals(lostWith) && milestones.add(milestone) && milestones.size() > MILESTONES) {
            milestones.remove(milestones.iterator().next());
        }
    }

    /** Whether Postgres is the same but for having lost its latest past, and nobody has noticed it since the look began. */
    private boolean hasGoneBack(Known before, HistoryObservation now) {
        return before.generation == generation
                && before.latest != null
                && (now.moment().wal() < before.latest.wal() || now.given() < before.given || !now.remembers());
    }

    /**
     * Why a Postgres of that system identifier and timeline must not be gone by, in words; empty when none is known that was
     * promoted in its place.
     */
    public synchronized Optional<String> supersededBy(long system, int timeline) {
        return Stream.of(Optional.ofNullable(superseder), latest().map(HistoryPosition::history))
                .flatMap(Optional::stream)
                .filter(other -> other.supersedes(system, timeline))
                .findFirst()
                .map(other -> "it is on timeline " + timeline + ", and a standby of it was promoted to timeline "
                        + other.timeline());
    }

    /** Takes note that Postgres is a standby, which is behind its primary by nobody knows how much. */
    public synchronized void observeStandby() {
        doubt = STANDBY;
    }

    /**
     * Takes note of a history that Redis follows and that supersedes ours. It is remembered for as long as this process
     * lives, because Redis may be gone when the old primary answers next.
     */
    public synchronized void observeSuperseder(History followed) {
        if (superseder == null || followed.supersedes(superseder)) {
            superseder = followed;
        }
    }

    /** Goes on from here, now that this Postgres has been given another milestone. */
    public synchronized void renew(HistoryPosition now, Instant at) {
        if (latest != null && latest.history().equals(now.history())) {
            remember(now.milestone());
            latest = now;
            latestAt = at;
        }
    }

    /** Whether it is one of the milestones that were seen. */
    public synchronized boolean knows(UUID milestone) {
        return milestones.contains(milestone);
    }

    /** Whether this moment is certain to be in the past of what was seen; if not, Postgres has to be asked. */
    public synchronized boolean hasSeen(HistoryPosition moment) {
        HistoryPosition known = latest;
        return known != null
                && moment.history().equals(known.history())
                && moment.wal() <= known.wal()
                && milestones.contains(moment.milestone());
    }
}
