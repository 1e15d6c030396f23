package io.keylapse.simulation;

import io.keylapse.simulation.world.Finding;
import io.keylapse.simulation.world.VirtualClasses;
import java.util.function.BiFunction;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** Histories by their seeds. */
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

    /** What comes of the history of that seed. */
    Finding run(long seed) {
        return histories.apply(seed, false);
    }

    /** What comes of so many histories from that seed on, in their order; several of them happen at a time. */
    Stream<Finding> run(long first, long count) {
        return LongStream.range(first, first + count).parallel().mapToObj(this::run);
    }

    /** What comes of the history of that seed, with all that happened. */
    Finding trace(long seed) {
        return histories.apply(seed, true);
    }
}
