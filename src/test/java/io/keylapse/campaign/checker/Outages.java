package io.keylapse.campaign.checker;

import io.keylapse.campaign.log.Change;
import io.keylapse.campaign.log.Fault;
import io.keylapse.campaign.log.Fault.Store;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** When a node could reach which truth, and when anybody could record. */
final class Outages {
    /** A stretch of time. */
    record Span(Instant from, Instant to) {}

    private final List<Fault> faults;
    private final Bounds bounds;
    private final Map<Integer, List<Span>> withoutPostgres = new HashMap<>();
    private final Map<Integer, List<Span>> withoutBoth = new HashMap<>();
    private final List<Span> nobodyRecords;

    Outages(List<Fault> faults, int nodes, Bounds bounds) {
        this.faults = faults;
        this.bounds = bounds;
        List<Span> nobody = null;
        for (int i = 0; i < nodes; i++) {
            int node = i;
            List<Span> noPostgres = spans(interrupts(Store.POSTGRES, node), bounds.reconnect());
            withoutPostgres.put(node, noPostgres);
            withoutBoth.put(node, common(noPostgres, spans(interrupts(Store.REDIS, node), bounds.reconnect())));
            List<Span> silent = spans(
                    interrupts(Store.POSTGRES, node).or(fault -> fault.store() == null && fault.node() == node),
                    Duration.ZERO);
            nobody = nobody == null ? silent : common(nobody, silent);
        }
        nobodyRecords = nobody == null ? List.of() : nobody;
    }

    /**
     * Whether a check that started then on that node must take this change into account: the bound has passed since it was
     * acknowledged and since the node could last not have heard of it.
     */
    boolean mustBeKnown(Change change, int node, Instant start) {
        if (!start.isAfter(change.end().plus(bounds.staleness()))) {
            return false;
        }
        // What Redis lost is in Postgres alone.
        boolean inRedis = change.enforced()
                && faults.stream()
                        .noneMatch(fault -> fault.loses()
                                && fault.to().isAfter(change.start())
                                && fault.from().isBefore(start));
        Instant since = change.end();
        for (Span span : (inRedis ? withoutBoth : withoutPostgres).get(node)) {
            if (span.from().isBefore(start) && span.to().isAfter(since)) {
                since = span.to();
            }
        }
        return start.isAfter(since.plus(bounds.staleness()));
    }

    /** From when on a deadline could be recorded, seen from when it was: the deadline, or the end of what prevented it. */
    Instant recordableFrom(Instant deadline, Instant recorded) {
        Instant from = deadline;
        for (Span span : nobodyRecords) {
            if (span.from().isBefore(recorded) && span.to().isAfter(from)) {
                from = span.to();
            }
        }
        return from;
    }

    /** The faults that overlap a stretch of time. */
    List<Fault> during(Instant from, Instant to) {
        return faults.stream()
                .filter(fault -> fault.from().isBefore(to) && fault.to().isAfter(from))
                .toList();
    }

    private static Predicate<Fault> interrupts(Store store, int node) {
        return fault -> fault.store() == store && fault.interrupts() && fault.concerns(node);
    }

    private List<Span> spans(Predicate<Fault> which, Duration after) {
        return faults.stream()
                .filter(which)
                .map(fault -> new Span(fault.from(), fault.to().plus(after)))
                .sorted((one, other) -> one.from.compareTo(other.from))
                .toList();
    }

    private static List<Span> common(List<Span> some, List<Span> others) {
        var both = new ArrayList<Span>();
        for (Span one : some) {
            for (Span other : others) {
                Instant from = one.from.isAfter(other.from) ? one.from : other.from;
                Instant to = one.to.isBefore(other.to) ? one.to : other.to;
                if (from.isBefore(to)) {
                    both.add(new Span(from, to));
                }
            }
        }
        both.sort((one, other) -> one.from.compareTo(other.from));
        return both;
    }
}
