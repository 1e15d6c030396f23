package io.keylapse.simulation;

import io.keylapse.simulation.world.Finding;
import java.util.TreeMap;

/**
 * Runs many histories: {@code LongRun <histories> <first seed> [<stop after that many failed ones>]}; or prints the
 * trace of one: {@code LongRun <seed>}.
 */
public final class LongRun {
    private static final long AT_ONCE = 100;

    private LongRun() {}

    public static void main(String[] arguments) {
        var simulation = new Simulation();
        if (arguments.length == 1) {
            Finding finding = simulation.trace(Long.parseLong(arguments[0]));
            finding.trace().forEach(System.out::println);
            finding.violations().forEach(System.out::println);
            return;
        }
        long count = Long.parseLong(arguments[0]);
        long first = Long.parseLong(arguments[1]);
        long most = arguments.length > 2 ? Long.parseLong(arguments[2]) : 20;
        long begun = System.nanoTime();
        var counts = new TreeMap<String, Long>();
        long done = 0;
        int bad = 0;
        while (done < count && bad < most) {
            long next = Math.min(AT_ONCE, count - done);
            for (Finding finding : simulation.run(first + done, next).toList()) {
                finding.counts().forEach((what, times) -> counts.merge(what, times, Long::sum));
                if (!finding.violations().isEmpty()) {
                    bad++;
                    System.out.println("seed " + finding.seed() + ": "
                            + finding.violations().getFirst());
                }
            }
            done += next;
        }
        System.out.printf(
                "%,d histories from seed %d on in %.0f s, %d failed: %s%n",
                done, first, (System.nanoTime() - begun) / 1e9, bad, counts);
        System.exit(bad == 0 ? 0 : 1);
    }
}
