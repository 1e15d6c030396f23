package io.keylapse.campaign.checker;

import static java.util.stream.Collectors.groupingBy;

import io.keylapse.campaign.checker.Losses.Seen;
import io.keylapse.campaign.log.Change;
import io.keylapse.campaign.log.Check;
import io.keylapse.campaign.log.Evidence;
import io.keylapse.campaign.log.Fault;
import io.keylapse.campaign.log.Key;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Decides P1 to P7 from a log. Whatever is unknown is assumed to have gone in the service's favour, so every violation
 * is certain, whatever became of calls without a response.
 *
 * <p>P4, P5 and P6 are about each response of {@code /check} and decided here. P1, P2, P3 and P7 are about the final
 * content of the stores and decided in {@link WrittenPromises}. {@link Losses} says what a lossy fail-over of Postgres
 * excuses.
 */
public final class Checker {
    private final List<Change> changes;
    private final List<Check> checks;
    private final Evidence evidence;
    private final Bounds bounds;
    private final Outages outages;
    private final Losses losses;
    private final HoggedChecks hogged;
    private final Map<Key, List<Change>> changesByKey;
    private final Map<KeySeen, KeyHistory> histories = new HashMap<>();

    public Checker(
            List<Change> changes, List<Check> checks, List<Fault> faults, int nodes, Evidence evidence, Bounds bounds) {
        this.changes = changes;
        this.checks = checks;
        this.evidence = evidence;
        this.bounds = bounds;
        this.outages = new Outages(faults, nodes, bounds);
        this.losses = new Losses(faults, outages, evidence);
        this.hogged = new HoggedChecks(faults, bounds);
        this.changesByKey =
                changes.stream().filter(change -> change.key() != null).collect(groupingBy(Change::key));
    }

    /** A key, as seen by a node that knows of these losses. */
    private record KeySeen(Key key, Seen losses) {}

    private KeyHistory history(KeySeen seen) {
        return histories.computeIfAbsent(
                seen,
                each -> new KeyHistory(changesByKey.get(each.key).stream()
                        .map(change -> losses.asSeen(change, each.losses))
                        .toList()));
    }

    /** Every broken promise. */
    public List<Violation> violations() {
        var found = new ArrayList<>(new WrittenPromises(changes, evidence, outages, losses, bounds).violations());
        found.addAll(hogged.violations(checks));
        checks.stream().flatMap(this::judge).forEach(found::add);
        found.sort(Comparator.comparing(Violation::promise));
        return found;
    }

    private Stream<Violation> judge(Check check) {
        if (!changesByKey.containsKey(check.key())) {
            return Stream.of(violation("P1", check, "a key was checked that nobody issued"));
        }
        Seen seen = losses.seenBy(check);
        KeyHistory history = history(new KeySeen(check.key(), seen));
        if (check.accepted()) {
            return judgeAccepted(check, history);
        }
        return check.refused() ? judgeRefused(check, history, seen) : Stream.empty();
    }

    private Stream<Violation> judgeAccepted(Check check, KeyHistory history) {
        if (history.isEmpty()) {
            return Stream.of(violation("P4", check, "accepted though Postgres has lost it"));
        }
        var started = check.start().minus(bounds.clock());
        var goodUntil = history.latest(check.end(), change -> outages.mustBeKnown(change, check.node(), check.start()));
        if (!started.isAfter(goodUntil)) {
            return Stream.empty();
        }
        var atAnyTime = history.latest(check.end(), change -> false);
        return Stream.of(
                started.isAfter(atAnyTime)
                        ? violation("P5", check, "accepted after its deadline, " + atAnyTime)
                        : violation("P4", check, "accepted though its end was acknowledged and could be known"));
    }

    private Stream<Violation> judgeRefused(Check check, KeyHistory history, Seen seen) {
        var goodUntil = history.earliest(
                check.end(), change -> !change.end().isAfter(check.start()) && !losses.mayBeMissed(change, seen));
        return goodUntil.isAfter(check.end().plus(bounds.clock()))
                ? Stream.of(violation("P6", check, "called bad though it was good until " + goodUntil))
                : Stream.empty();
    }

    private Violation violation(String promise, Check check, String what) {
        var ofKey = changesByKey.getOrDefault(check.key(), List.of()).stream()
                .filter(change -> change.start().isBefore(check.end()))
                .sorted(Comparator.comparing(Change::start))
                .toList();
        var since = ofKey.isEmpty() ? check.start() : ofKey.getLast().start();
        var around = outages.during(since.minus(bounds.lagAlways()), check.end());
        return new Violation(
                promise,
                check.key().toString(),
                what,
                Stream.of(ofKey.stream(), Stream.of(check), around.stream())
                        .flatMap(events -> events)
                        .map(Object::toString)
                        .toList());
    }
}
