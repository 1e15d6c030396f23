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
 * The effect of lossy fail-overs of Postgres on acknowledged changes. Changes before the lag or after the promotion
 * stand. A change in between may count or not for checks that begin after the old primary was killed. Once each node
 * must follow the new primary, a change that is missing there does not count.
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
     * The losses that a check must or may know of.
     *
     * @param begun those that began before its response
     * @param settled those that the node must have noticed before the check
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

    /** The change as a node sees it that knows of these losses. */
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

    /** Whether a node may not know this change after a promotion yet, because it may still follow the lost history. */
    boolean mayBeMissed(Change change, Seen seen) {
        return seen.begun.stream()
                .anyMatch(fault -> !seen.settled.contains(fault) && change.end().isAfter(fault.from()));
    }

    /** The change as it counts at the end. If it may have been lost, its presence is not promised. */
    Change inTheEnd(Change change) {
        return asSeen(change, new Seen(faults, List.of()));
    }

    /** Whether the final content of Postgres shows that the change was lost. */
    private boolean isLost(Change change) {
        KeyRow row = rowByName.get(change.key().name());
        return row == null
                || switch (change.kind()) {
                    case RENEW -> row.version() < change.version();
                    // A revocation cannot be undone.
                    case REVOKE -> !row.state().equals("revoked");
                    case ISSUE, ROTATE -> false;
                };
    }
}
