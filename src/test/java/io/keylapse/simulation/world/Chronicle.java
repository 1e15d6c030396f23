package io.keylapse.simulation.world;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/** The record of a history: trace, violations and counts. */
final class Chronicle {
    private final boolean tracing;
    private final List<String> trace = new ArrayList<>();
    private final List<String> violations = new ArrayList<>();
    private final Map<String, Long> counts = new TreeMap<>();

    Chronicle(boolean tracing) {
        this.tracing = tracing;
    }

    void trace(long moment, Host where, Supplier<String> what) {
        if (tracing) {
            trace.add("%10.6f %-8s %s".formatted(moment / 1e9, where.name(), what.get()));
        }
    }

    void violated(long moment, Host where, String what) {
        violations.add("at %.6f: %s".formatted(moment / 1e9, what));
        trace(moment, where, () -> "VIOLATED: " + what);
    }

    void count(String what) {
        counts.merge(what, 1L, Long::sum);
    }

    Finding finding(long seed) {
        return new Finding(seed, List.copyOf(violations), List.copyOf(trace), Map.copyOf(counts));
    }
}
