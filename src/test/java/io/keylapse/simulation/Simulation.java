package io.keylapse.simulation;

import io.keylapse.simulation.world.Finding;
import io.keylapse.simulation.world.VirtualClasses;
import java.util.function.BiFunction;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** Runs simulated histories, identified by their seeds. */
final class Simulation {
    private final BiFunction<Long, Boolean, Finding> histories;

    @SuppressWarnings("unchecked")
    Simulation() {
        try {
            histories = (BiFunction<Long, Boolean, Finding>) new VirtualClasses(Simulation.class.getClassLoader())
                    .loadClass("io.keylapse.simulation.History")
                    .getDeclaredConstructor()
                    .newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The result of the history with that seed. */
    Finding run(long seed) {
        return histories.apply(seed, false);
    }

    /** The results of successive histories, starting with that seed, in order. Several run concurrently. */
    Stream<Finding> run(long first, long count) {
        return LongStream.range(first, first + count).parallel().mapToObj(this::run);
    }

    /** The result of the history with that seed, with a trace of everything that happened. */
    Finding trace(long seed) {
        return histories.apply(seed, true);
    }
}
