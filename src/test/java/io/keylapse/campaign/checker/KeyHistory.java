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
 * The possible deadlines of one key. A change of unknown outcome may have taken effect at any time after its request,
 * or never, so it only widens the range.
 */
final class KeyHistory {
    private static final Instant DEAD = Instant.EPOCH;

    /** The deadline that a change set, if it took effect, as a range; {@link #DEAD} if it ended the key at once. */
    private record Term(Change change, Instant earliest, Instant latest) {}

    private final List<Term> terms = new ArrayList<>();

    /** @param changes of one key, failed ones too, in any order */
    KeyHistory(List<Change> changes) {
        // If the issue failed, later changes had no effect.
        boolean issued =
                changes.stream().noneMatch(change -> change.kind() == Kind.ISSUE && change.outcome() == Outcome.FAILED);
        List<Change> possible = changes.stream()
                .filter(change -> issued && change.outcome() != Outcome.FAILED)
                .toList();
        for (Change change : possible) {
            switch (change.kind()) {
                // A key whose issue has an unknown outcome may never have been valid.
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

    /** The old key ends with the grace period, or at its own deadline if that is earlier. */
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

    /** Whether the key was never issued. */
    boolean isEmpty() {
        return terms.isEmpty();
    }

    /**
     * The latest instant until which the key may have been valid, for a node that may have missed all changes except
     * the known ones.
     *
     * @param until changes requested later do not count
     */
    Instant latest(Instant until, Predicate<Change> known) {
        return possible(until, known).map(Term::latest).max(Instant::compareTo).orElse(Instant.MAX);
    }

    /** The instant until which the key was certainly valid, whatever the outcome of unknown changes. */
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

    /**
     * Whether the later change certainly replaces the other. After a revocation or a rotation, only a revocation is
     * possible.
     */
    private static boolean replaces(Change later, Change change) {
        return !later.equals(change)
                && switch (later.kind()) {
                    case REVOKE -> change.kind() != Kind.REVOKE;
                    case ROTATE -> !change.isLast() || (change.kind() == Kind.ROTATE && !change.ok());
                    case ISSUE, RENEW -> !change.isLast() && change.precedes(later);
                };
    }
}
