package io.keylapse.campaign.checker;

import io.keylapse.campaign.log.Check;
import io.keylapse.campaign.log.Fault;
import io.keylapse.campaign.log.Fault.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Slow management calls must not make checks unavailable, as docs/degraded-modes.md says. Judges only checks during
 * which nothing else was wrong, and only their share, because a slow machine may lose a single one.
 */
final class HoggedChecks {
    static final String PROMISE = "hogged";

    private static final int MIN_CHECKS = 50;
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
            if (judged.size() >= MIN_CHECKS && unavailable.size() > judged.size() * MAX_UNAVAILABLE) {
                found.add(new Violation(
                        PROMISE,
                        "",
                        "%d of %d checks were unavailable".formatted(unavailable.size(), judged.size()),
                        unavailable.stream().limit(20).map(Check::toString).toList()));
            }
        }
        return found;
    }

    /** Whether the check was made during that fault, and no other fault can explain its response. */
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
