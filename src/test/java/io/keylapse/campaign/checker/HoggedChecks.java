package io.keylapse.campaign.checker;

import io.keylapse.campaign.log.Check;
import io.keylapse.campaign.log.Fault;
import io.keylapse.campaign.log.Fault.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Management calls that take long make no check unavailable, as docs/degraded-modes.md says. Only checks are judged that were
 * made while nothing else was wrong, and by their share, because a machine may be too slow for a single one.
 */
final class HoggedChecks {
    static final String PROMISE = "hogged";

    private static final int FEWEST = 50;
    private static final double MAX_UNAVAILABLE = 0.1;
    private static final int UNAVAILABLE = 503;

    private final List<Fault> faults;
    private final Duration aftermath;

    HoggedChecks(List<Fault> faults, Bounds bounds) {
        this.faults = faults;
        this.aftermath = bounds.reconnect().plus(bounds.staleness());
    }

    List<Violation> violations(List<Check> checks) {
        var found = new ArrayList<Violation>();
        for (Fault fault : faults) {
            if (fault.kind() != Kind.MANAGEMENT_HOGGED) {
                continue;
            }
            List<Check> judged =
                    checks.stream().filter(check -> isOf(fault, check)).toList();
            List<Check> unavailable = judged.stream()
                    .filter(check -> check.status() == UNAVAILABLE)
                    .toList();
            if (judged.size() >= FEWEST && unavailable.size() > judged.size() * MAX_UNAVAILABLE) {
                found.add(new Violation(
                        PROMISE,
                        "",
                        "%d of %d checks were unavailable".formatted(unavailable.size(), judged.size()),
                        unavailable.stream().limit(20).map(Check::toString).toList()));
            }
        }
        return found;
    }

    /** Whether it was made during that fault, and no other may be the reason of its answer. */
    private boolean isOf(Fault hogging, Check check) {
        Instant since = check.start().minus(aftermath);
        return hogging.node() == check.node()
                && hogging.from().isBefore(check.start())
                && hogging.to().isAfter(check.end())
                && faults.stream()
                        .noneMatch(other -> !other.equals(hogging)
                                && other.concerns(check.node())
                                && other.from().isBefore(check.end())
                                && other.to().isAfter(since));
    }
}
