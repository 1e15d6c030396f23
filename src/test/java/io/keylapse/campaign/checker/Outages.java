package io.keylapse.campaign.checker;

import io.keylapse.campaign.log.Change;
import io.keylapse.campaign.log.Fault;
import io.keylapse.campaign.log.Fault.Store;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** When a node could reach which store, and when any node could record expiries. */
final class Outages {
    /** A period of time. */
    record Span(Instant from, Instant to) {}

    private static final Comparator<Span> BY_START = Comparator.comparing(Span::from);

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
            List<Span> silent = spans(interrupts(Store.POSTGRES, node).or(interrupts(null, node)), Duration.ZERO);
            nobody = nobody == null ? silent : common(nobody, silent);
        }
        // Expiries that were recorded while the standby lagged are recorded again by the new primary.
        nobodyRecords = Stream.concat(
                        Stream.ofNullable(nobody).flatMap(List::stream),
                        faults.stream()
                                .filter(Fault::losesCommits)
                                .map(fault -> new Span(fault.lostSince(), fault.to())))
                .sorted(BY_START)
                .toList();
    }

    /**
     * Whether a check that started at {@code start} on that node must reflect this change: the bound has passed since
     * the change was acknowledged, and since the node was last unable to learn of it.
     */
    boolean mustBeKnown(Change change, int node, Instant start) {
        if (!start.isAfter(change.end().plus(bounds.staleness()))) {
            return false;
        }
        // Changes that Redis lost are only in Postgres.
        boolean inRedis = change.enforced()
                && faults.stream()
                        .noneMatch(fault -> fault.loses()
                                && fault.to().isAfter(change.start())
                                && fault.from().isBefore(start));
        var outages = inRedis ? withoutBoth : withoutPostgres;
        return start.isAfter(endOf(outages.get(node), change.end(), start).plus(bounds.staleness()));
    }

    /**
     * Whether a check that started at {@code start} on that node must reflect what Postgres has had since the other
     * instant.
     */
    boolean mustGoByPostgres(Instant since, int node, Instant start) {
        return start.isAfter(endOf(withoutPostgres.get(node), since, start).plus(bounds.staleness()));
    }

    /**
     * The instant from which an expiry could be recorded: the deadline, or the end of the outages that prevented it.
     *
     * @param recorded when it was recorded
     * @param ofKey all changes of this key
     */
    Instant recordableFrom(Instant deadline, Instant recorded, List<Change> ofKey) {
        var prevented = Stream.concat(
                        nobodyRecords.stream(),
                        faults.stream()
                                .filter(fault -> ofKey.stream().anyMatch(change -> leavesLocked(fault, change)))
                                .map(fault ->
                                        new Span(fault.from(), fault.from().plus(bounds.rollback()))))
                .sorted(BY_START)
                .toList();
        Instant from = deadline;
        for (Span span : prevented) {
            // An outage that began when the expiry should already have been recorded is no excuse.
            boolean inTime = span.from().isBefore(from.plus(bounds.lagAlways()));
            if (inTime && span.from().isBefore(recorded) && span.to().isAfter(from)) {
                from = span.to();
            }
        }
        return from;
    }

    /** Whether the vanished node may have been in the middle of this change and left the key locked. */
    private static boolean leavesLocked(Fault fault, Change change) {
        return fault.kind() == Fault.Kind.NODE_VANISHED
                && fault.node() == change.node()
                && change.outcome() == Change.Outcome.UNKNOWN
                && change.start().isBefore(fault.from())
                && change.end().isAfter(fault.from());
    }

    /** The instant {@code since}, or the end of the last period that ended later and began before {@code before}. */
    private static Instant endOf(List<Span> spans, Instant since, Instant before) {
        Instant end = since;
        for (Span span : spans) {
            if (span.from().isBefore(before) && span.to().isAfter(end)) {
                end = span.to();
            }
        }
        return end;
    }

    /** The faults that overlap a period. */
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
                .sorted(BY_START)
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
        both.sort(BY_START);
        return both;
    }
}
