package io.keylapse.campaign.report;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toSet;

import io.keylapse.campaign.checker.Violation;
import io.keylapse.campaign.log.Attack;
import io.keylapse.campaign.log.Change;
import io.keylapse.campaign.log.Change.Kind;
import io.keylapse.campaign.log.Check;
import io.keylapse.campaign.log.Evidence;
import io.keylapse.campaign.log.Evidence.EndingRow;
import io.keylapse.campaign.log.Evidence.KeyRow;
import io.keylapse.campaign.log.Fault;
import io.keylapse.campaign.log.Key;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The result of a campaign, and the statistics of it. */
public record Findings(
        long seed,
        Instant start,
        Instant end,
        Instant quiet,
        List<Fault> faults,
        List<Attack> attacks,
        List<Change> changes,
        List<Check> checks,
        Evidence evidence,
        List<Violation> violations) {
    /** The promises that a campaign decides, each with a short description. */
    public static final Map<String, String> PROMISES = new TreeMap<>(Map.of(
            "P1", "Every acknowledged change is in Postgres",
            "P2", "Every ending is in the blacklist, once and in time",
            "P3", "A key that was renewed in time is not recorded as expired",
            "P4", "A key whose end was acknowledged is refused within the bound",
            "P5", "No key is accepted after its deadline",
            "P6", "A valid key is never refused as invalid",
            "P7", "Once quiet, Redis equals the active keys in Postgres",
            "hogged", "Slow management calls make no check unavailable"));

    private static final Duration WATCHED = Duration.ofSeconds(10);
    private static final Duration AFTERMATH = Duration.ofSeconds(1);

    /** The number of calls of each kind, by outcome. */
    public Map<String, Map<String, Long>> calls() {
        Map<String, Map<String, Long>> calls = new TreeMap<>(changes.stream()
                .collect(groupingBy(
                        change -> change.kind().name(),
                        groupingBy(change -> change.outcome().name(), TreeMap::new, counting()))));
        calls.put("CHECK", checks.stream().collect(groupingBy(Findings::outcome, TreeMap::new, counting())));
        return calls;
    }

    /** The outcome of a check, in one word. */
    public static String outcome(Check check) {
        return switch (check.status()) {
            case 0 -> "unanswered";
            case 200 -> "good";
            case 401, 403 -> "refused";
            default -> "unavailable";
        };
    }

    /**
     * The share of checks that were accepted or refused, by kind of fault: during the fault and in the second after it;
     * and without any fault.
     */
    public Map<String, Double> availability() {
        Map<String, Double> availability = new TreeMap<>();
        faults.stream()
                .collect(groupingBy(Fault::kind))
                .forEach((kind, some) -> answered(checks.stream()
                                .filter(check -> some.stream().anyMatch(fault -> overlaps(fault, check)))
                                .toList())
                        .ifPresent(share -> availability.put(kind.name(), share)));
        answered(checks.stream()
                        .filter(check -> faults.stream().noneMatch(fault -> overlaps(fault, check)))
                        .toList())
                .ifPresent(share -> availability.put("none", share));
        return availability;
    }

    private static OptionalDouble answered(List<Check> some) {
        return some.stream()
                .mapToInt(check -> check.accepted() || check.refused() ? 1 : 0)
                .average();
    }

    private static boolean overlaps(Fault fault, Check check) {
        return fault.from().isBefore(check.end()) && fault.to().plus(AFTERMATH).isAfter(check.start());
    }

    /** From deadline to recording, in ms, sorted; including those during faults. */
    public List<Long> recordingLags() {
        return evidence.endings().stream()
                .filter(ending -> !ending.source().equals("request"))
                .map(ending ->
                        Duration.between(ending.endedAt(), ending.recordedAt()).toMillis())
                .sorted()
                .toList();
    }

    /** The greatest number of keys that ended at the same instant. */
    public long mostEndingsAtOnce() {
        return evidence.endings().stream().collect(groupingBy(EndingRow::endedAt, counting())).values().stream()
                .mapToLong(count -> count)
                .max()
                .orElse(0);
    }

    /**
     * From the acknowledgement of a revocation to the start of the last check that accepted the key, in ms, per node;
     * without revocations that Postgres may have lost.
     */
    public List<Long> refusalLags() {
        Map<Key, List<Check>> byKey = checks.stream().collect(groupingBy(Check::key));
        var lags = new ArrayList<Long>();
        for (Change change : changes) {
            boolean mayBeLost = faults.stream().anyMatch(fault -> fault.mayHaveLost(change));
            if (change.kind() == Kind.REVOKE && change.ok() && !mayBeLost) {
                byKey.getOrDefault(change.key(), List.of()).stream()
                        .filter(check -> check.start().isAfter(change.end())
                                && check.start().isBefore(change.end().plus(WATCHED)))
                        .collect(groupingBy(Check::node))
                        .values()
                        .forEach(ofNode -> lags.add(ofNode.stream()
                                .filter(Check::accepted)
                                .mapToLong(check -> Duration.between(change.end(), check.start())
                                        .toMillis())
                                .max()
                                .orElse(0)));
            }
        }
        return lags.stream().sorted().toList();
    }

    /** The number of acknowledged changes that lossy fail-overs of Postgres may have lost. */
    public long changesAtRisk() {
        return atRisk().count();
    }

    /** The number of keys that were certainly lost. */
    public long keysLost() {
        Set<String> kept = evidence.keys().stream().map(KeyRow::name).collect(toSet());
        return atRisk().filter(change -> change.kind() == Kind.ISSUE
                        && !kept.contains(change.key().name()))
                .count();
    }

    private Stream<Change> atRisk() {
        return changes.stream()
                .filter(change -> change.ok() && faults.stream().anyMatch(fault -> fault.mayHaveLost(change)));
    }

    /** The number of violations of a promise. */
    public long broken(String promise) {
        return violations.stream()
                .filter(violation -> violation.promise().equals(promise))
                .count();
    }
}
