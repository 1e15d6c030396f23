package io.keylapse.campaign.checker;

import static java.util.function.Function.identity;
import static java.util.stream.Collectors.toMap;

import io.keylapse.campaign.log.Change;
import io.keylapse.campaign.log.Change.Outcome;
import io.keylapse.campaign.log.Check;
import io.keylapse.campaign.log.Evidence;
import io.keylapse.campaign.log.Evidence.KeyRow;
import io.keylapse.campaign.log.Fault;
import java.util.List;
import java.util.Map;

/**
 * What lossy fail-overs of Postgres make of what was acknowledged. A change from before the lag or from after the promotion
 * stands. Of one in between, those who are asked after the old primary was killed may believe either; and once each
 * node must go by the new primary, what the new primary shows to be lost never was.
 */
final class Losses {
    private final List<Fault> faults;
    private final Outages outages;
    private final Map<String, KeyRow> rowByName;

    Losses(List<Fault> faults, Outages outages, Evidence evidence) {
        this.faults = faults.stream().filter(Fault::losesCommits).toList();
        this.outages = outages;
        this.rowByName = evidence.keys().stream().collect(toMap(KeyRow::name, identity()));
    }

    /**
     * The losses that count for a check.
     *
     * @param begun those before its answer
     * @param settled those that the node must have noticed before it was asked
     */
    record Seen(List<Fault> begun, List<Fault> settled) {}

    Seen seenBy(Check check) {
        List<Fault> begun = faults.stream()
                .filter(fault -> fault.from().isBefore(check.end()))
                .toList();
        return new Seen(
                begun,
                begun.stream()
                        .filter(fault -> outages.mustGoByPostgres(fault.to(), check.node(), check.start()))
                        .toList());
    }

    /** The change as it counts for those who have seen these losses. */
    Change asSeen(Change change, Seen seen) {
        if (!change.ok()) {
            return change;
        }
        return seen.begun.stream()
                .filter(fault -> fault.mayHaveLost(change))
                .findFirst()
                .map(fault ->
                        change.as(seen.settled.contains(fault) && isLost(change) ? Outcome.FAILED : Outcome.UNKNOWN))
                .orElse(change);
    }

    /** Whether a change from after a promotion may not be known yet, because the node may go by the lost history. */
    boolean mayBeMissed(Change change, Seen seen) {
        return seen.begun.stream()
                .anyMatch(fault -> !seen.settled.contains(fault) && change.end().isAfter(fault.from()));
    }

    /** The change as it counts in the end: whether it is there is not promised if it may have been lost. */
    Change inTheEnd(Change change) {
        return asSeen(change, new Seen(faults, List.of()));
    }

    /** Whether what Postgres has in the end shows that it was lost. */
    private boolean isLost(Change change) {
        KeyRow row = rowByName.get(change.key().name());
        return row == null
                || switch (change.kind()) {
                    case RENEW -> row.version() < change.version();
                    // A revocation is for good.
                    case REVOKE -> !row.state().equals("revoked");
                    case ISSUE, ROTATE -> false;
                };
    }
}
