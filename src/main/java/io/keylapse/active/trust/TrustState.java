package io.keylapse.active.trust;

import io.keylapse.history.History;
import io.keylapse.history.HistoryPosition;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;

/** What a primary is to this node, by its mark. */
public enum TrustState {
    /** It has no mark: nobody has filled it yet, or it has lost everything. */
    UNMARKED,
    /** It follows the history of our Postgres, or is being rebuilt to do so. */
    OURS,
    /** It follows a history that our Postgres has lost, and nobody goes on with it. It has to be rebuilt. */
    LOST,
    /** It follows a promoted standby of our Postgres. What our Postgres says no longer counts. */
    AHEAD,
    /** It belongs to another installation, or follows another history that some node goes on with. It is left alone. */
    FOREIGN;

    /** How long after its last renewal a mark shows that somebody goes on with its history. */
    public static final Duration RENEWED = Duration.ofSeconds(10);

    /**
     * Judges a mark.
     *
     * @param now a moment in our Postgres, seen after the mark was read
     * @param knows whether our Postgres knows a milestone
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
