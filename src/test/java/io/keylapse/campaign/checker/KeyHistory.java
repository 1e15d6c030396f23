package io.keylapse.campaign.checker;

import io.keylapse.campaign.log.Change;
import io.keylapse.campaign.log.Change.Kind;
import io.keylapse.campaign.log.Change.Outcome;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * All that is known of one key's deadlines. A change of unknown outcome may have taken effect at any time after it was
 * asked for, or never, so it can only ever widen what is possible.
 */
final class KeyHistory {
    private static final Instant DEAD = Instant.EPOCH;

    /**
     * What a change, if it took effect, made of the deadline: that it lies within these bounds, and at {@link #DEAD} when
     * the key ended at once.
     */
    private record Term(Change change, Instant earliest, Instant latest) {}

    private final List<Term> terms = new ArrayList<>();

    /** @param changes of one key, failed ones too, in any order */
    KeyHistory(List<Change> changes) {
        // A key that was never issued was never changed.
        boolean issued =
                changes.stream().noneMatch(change -> change.kind() == Kind.ISSUE && change.outcome() == Outcome.FAILED);
        List<Change> possible = changes.stream()
                .filter(change -> issued && change.outcome() != Outcome.FAILED)
                .toList();
        for (Change change : possible) {
            switch (change.kind()) {
                // A key that may never have been issued was perhaps never good.
                case ISSUE -> terms.add(new Term(change, change.ok() ? change.deadline() : DEAD, change.deadline()));
                case RENEW -> terms.add(new Term(change, change.deadline(), change.deadline()));
                case REVOKE -> terms.add(new Term(change, DEAD, DEAD));
                case ROTATE -> {}
            }
        }
        terms.addAll(possible.stream()
                .filter(change -> change.kind() == Kind.ROTATE)
                .map(this::rotated)
                .toList());
    }

    /** The old key ends with the grace, unless it ends by itself before. */
    private Term rotated(Change change) {
        if (change.grace().isZero()) {
            return new Term(change, DEAD, DEAD);
        }
        Instant end = change.ok() ? change.end() : Instant.MAX;
        Predicate<Change> before = other -> !other.end().isAfter(change.start());
        Instant earliest = earliest(end, before);
        Instant latest = latest(end, before);
        Instant graceFrom = change.start().plus(change.grace());
        Instant graceTo = change.ok() ? change.end().plus(change.grace()) : Instant.MAX;
        return new Term(
                change,
                earliest.isBefore(graceFrom) ? earliest : graceFrom,
                latest.isBefore(graceTo) ? latest : graceTo);
    }

    /** Whether it was never issued. */
    boolean isEmpty() {
        return terms.isEmpty();
    }

    /**
     * Until when the key may have been good, for one who may have missed all changes but those that must be known to him.
     *
     * @param until changes asked for later do not count
     */
    Instant latest(Instant until, Predicate<Change> known) {
        return possible(until, known).map(Term::latest).max(Instant::compareTo).orElse(Instant.MAX);
    }

    /** Until when the key was good for sure, whatever became of the changes whose outcome is not known. */
    Instant earliest(Instant until, Predicate<Change> known) {
        return possible(until, known)
                .map(Term::earliest)
                .min(Instant::compareTo)
                .orElse(DEAD);
    }

    private Stream<Term> possible(Instant until, Predicate<Change> known) {
        return terms.stream()
                .filter(term -> term.change.start().isBefore(until))
                .filter(term -> terms.stream()
                        .noneMatch(later ->
                                later.change.ok() && replaces(later.change, term.change) && known.test(later.change)));
    }

    /** Nothing but a revocation follows a revocation or a rotation, so these replace also what is not known. */
    private static boolean replaces(Change later, Change change) {
        return !later.equals(change)
                && switch (later.kind()) {
                    case REVOKE -> change.kind() != Kind.REVOKE;
                    case ROTATE -> !change.isLast() || (change.kind() == Kind.ROTATE && !change.ok());
                    case ISSUE, RENEW -> !change.isLast() && change.precedes(later);
                };
    }
}
