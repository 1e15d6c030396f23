package io.keylapse.active.trust;

import io.keylapse.history.History;
import io.keylapse.history.HistoryPosition;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;

/** Judgement of a Redis primary by its mark. */
public enum TrustState {
    /** The primary has no mark: it is new, or it has lost its contents. */
    UNMARKED,
    /** The primary follows the history of our Postgres, or is being rebuilt to do so. */
    OURS,
    /** The primary follows a history that our Postgres has lost, and no node renews the mark. It has to be rebuilt. */
    LOST,
    /** The primary follows a promoted standby of our Postgres. Our Postgres is no longer trusted. */
    AHEAD,
    /** The primary belongs to another installation, or follows another history whose mark is still renewed. Not used. */
    FOREIGN;

    /** How long after its last renewal a mark counts as being in use by other nodes. */
    public static final Duration RENEWED = Duration.ofSeconds(10);

    /**
     * Judges a mark.
     *
     * @param now position of our Postgres in its history, read after the mark
     * @param knows whether our Postgres has a milestone
     */
    public static TrustState of(MarkStore.Reading reading, HistoryPosition now, Predicate<UUID> knows) {
        Optional<HistoryPosition> marked = reading.mark().map(Mark::moment);
        if (marked.isEmpty()) {
            return UNMARKED;
        }
        HistoryPosition then = marked.get();
        History theirs = then.history();
        History ours = now.history();
        if (!theirs.installation().equals(ours.installation())) {
            return FOREIGN;
        }
        if (theirs.equals(ours) && then.wal() <= now.wal() && knows.test(then.milestone())) {
            return OURS;
        }
        if (theirs.supersedes(ours)) {
            return AHEAD;
        }
        return ours.supersedes(theirs) || reading.age().compareTo(RENEWED) > 0 ? LOST : FOREIGN;
    }
}
